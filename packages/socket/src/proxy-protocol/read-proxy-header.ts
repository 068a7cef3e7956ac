import type { ByteStream } from '../byte-stream.ts';
import { withDeadline, type Deadline } from '../deadline.ts';
import { ProxyHeaderDecoder, type ProxyHeaderDecoderOptions } from './decoder.ts';
import type { ProxyHeader } from './header.ts';

export interface ReadProxyHeaderOptions extends Deadline, ProxyHeaderDecoderOptions {
  /** Milliseconds for the whole header. Default 5,000: "a few seconds (at least 3 seconds to cover a TCP retransmit)", section 2. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Reads the PROXY header that a connection must begin with, in pull mode. `rest` is what was read behind it: the connection's first bytes.
 * Only from who is trusted to tell the truth: see `isTrusted`.
 *
 * Rejects with `SocketError` `PROXY_HEADER` for anything else, as soon as it shows; `TRUNCATED` where the peer finishes first, `TIMED_OUT`,
 * `ABORTED`, and what `read()` rejects with. What was read is lost then, and the stream is for the caller to abort.
 */
export async function readProxyHeader(
  stream: Pick<ByteStream, 'read'>,
  options: ReadProxyHeaderOptions = {},
): Promise<{ header: ProxyHeader; rest: Uint8Array }> {
  const { signal, timeoutMs = 5000 } = options;
  const decoder = new ProxyHeaderDecoder(options);
  const reading = new AbortController();
  const header = await withDeadline(
    readHeader(stream, decoder, reading.signal),
    { signal, timeoutMs },
    (error) => {
      reading.abort(error);
    },
  );
  return { header, rest: decoder.rest() };
}

async function readHeader(
  stream: Pick<ByteStream, 'read'>,
  decoder: ProxyHeaderDecoder,
  signal: AbortSignal,
): Promise<ProxyHeader> {
  for (;;) {
    const chunk = await stream.read({ signal });
    if (chunk === undefined) decoder.end();
    else decoder.push(chunk);
    const header = decoder.next();
    if (header !== undefined) return header;
  }
}
