import type { Socket } from 'node:net';
import { formatAddress, type Address } from '../address.ts';
import { SocketError } from '../errors.ts';
import { isTrusted, trustedSources, type TrustedSources } from '../proxy-protocol/trusted-sources.ts';
import { readProxyHeader } from '../proxy-protocol/read-proxy-header.ts';
import { KernelStream } from '../streams/kernel-stream.ts';
import type { TlsServerOptions } from '../tls/options.ts';
import { secured } from '../tls/secured.ts';
import type { TlsTerminator } from '../tls/server-handshake.ts';

/** The PROXY protocol of haproxy, on a listener that stands behind one. */
export interface ProxyProtocolOptions {
  /** Who may, and must, send a header: IP addresses, CIDR blocks, and `unix` for Unix paths. Anybody else could claim to be anybody. */
  readonly trusted: readonly string[];
  /** What becomes of connections from others: `refuse` (default), or `accept` without a header, for what is reached directly, too. */
  readonly others?: 'refuse' | 'accept';
  /** A header that takes longer is cut off. Default 5,000: a proxy sends it at once, and in one packet. */
  readonly timeoutMs?: number;
}

/** What an accepted connection goes through before anybody has it. */
export interface Inbound {
  readonly proxy:
    | { readonly trusted: TrustedSources; readonly others: 'refuse' | 'accept'; readonly timeoutMs: number }
    | undefined;
  readonly terminator: TlsTerminator | undefined;
}

/** @throws SocketUsageError `BAD_ARGUMENT` */
export async function inboundOf(options: {
  readonly tls?: TlsServerOptions | TlsTerminator;
  readonly proxyProtocol?: ProxyProtocolOptions;
}): Promise<Inbound> {
  const { tls, proxyProtocol } = options;
  return {
    proxy: proxyProtocol && {
      trusted: trustedSources(proxyProtocol.trusted),
      others: proxyProtocol.others ?? 'refuse',
      timeoutMs: proxyProtocol.timeoutMs ?? 5000,
    },
    terminator: tls && (await terminatorOf(tls)),
  };
}

/** A connection is a stream as it comes. */
export const plain: Inbound = { proxy: undefined, terminator: undefined };

/**
 * PROXY header, then TLS.
 *
 * @throws SocketError `PROXY_HEADER`, `TLS`, `TIMED_OUT`, `RESET`, `ABORTED`; the connection is destroyed then.
 */
export async function receive(
  raw: Socket,
  known: { readonly local?: Address; readonly remote?: Address },
  { proxy, terminator }: Inbound,
  signal: AbortSignal,
): Promise<KernelStream> {
  const stream = new KernelStream(raw, known);
  if (proxy !== undefined) await readProxy(stream, proxy, signal);
  if (terminator === undefined) return stream;
  const { proxy: header, localAddress: local, remoteAddress: remote } = stream;
  // What came behind the header is the client's first word to TLS, which takes what it finds in node's own buffer.
  stream.release();
  const socket = await terminator.accept(raw, { signal });
  return secured(socket, { local, remote, carrier: raw, proxy: header }, { signal });
}

async function readProxy(
  stream: KernelStream,
  proxy: NonNullable<Inbound['proxy']>,
  signal: AbortSignal,
): Promise<void> {
  const { trusted, others, timeoutMs } = proxy;
  const { remoteAddress } = stream;
  try {
    if (isTrusted(remoteAddress, trusted)) {
      const { header, rest } = await readProxyHeader(stream, { timeoutMs, signal });
      stream.unread(rest);
      stream.learn(header);
    } else if (others === 'refuse') {
      throw new SocketError('PROXY_HEADER', 'connections come through trusted proxies only', {
        address: formatAddress(remoteAddress),
      });
    }
  } catch (error) {
    stream.abort(error);
    throw error;
  }
}

/** Only who speaks TLS loads it. */
async function terminatorOf(tls: TlsServerOptions | TlsTerminator): Promise<TlsTerminator> {
  const { TlsTerminator: Terminator } = await import('../tls/server-handshake.ts');
  return tls instanceof Terminator ? tls : new Terminator(tls);
}
