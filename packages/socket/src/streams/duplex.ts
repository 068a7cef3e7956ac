import { Duplex } from 'node:stream';
import type { Address } from '../address.ts';
import type { ByteStream } from '../byte-stream.ts';
import { ready } from '../deferred.ts';
import { SocketUsageError } from '../errors.ts';
import { canLend } from './lender.ts';
import { NodeStream } from './node-stream.ts';

/**
 * The stream as one of node's, for code written against those: `pipeline`, `http.request({ createConnection })`, `tls.connect({ socket })`.
 * It takes the stream over, in push mode. Half-close and back-pressure are passed on both ways; its errors are `SocketError`s.
 *
 * `destroy(error)` aborts the stream. `destroy()` closes it where everything written has left, and aborts it otherwise: what is cut short
 * must not look whole to the peer. The write callback comes once bytes have left where the stream can tell, as a socket can, and their memory
 * is then the caller's again; over any other stream it must not be used again, as {@link ByteStream.write} says.
 *
 * @throws SocketUsageError `BUSY` while a read of the stream is outstanding.
 */
export function toDuplex(stream: ByteStream): Duplex {
  return new StreamDuplex(stream);
}

export interface FromDuplexOptions {
  /** Default for both: `{ family: 'memory', name: 'duplex' }`. */
  readonly localAddress?: Address | undefined;
  readonly remoteAddress?: Address | undefined;
}

/**
 * Any duplex stream of node's that carries bytes, as a {@link ByteStream}. `abort()` destroys it with an error, so that what it wraps can tell
 * its own peer. Take it before it has ended, and read it here only. It must emit `close` when it is over (`autoDestroy`, node's default):
 * otherwise `closed` does not settle. `allowHalfOpen` is switched on, as the contract has it.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for one in object mode, with `setEncoding()`, or that has ended or was destroyed.
 */
export function fromDuplex(duplex: Duplex, options: FromDuplexOptions = {}): ByteStream {
  const refusal = whyNot(duplex);
  if (refusal !== undefined) throw new SocketUsageError('BAD_ARGUMENT', `the duplex ${refusal}`);
  duplex.allowHalfOpen = true;
  const { localAddress = anyDuplex, remoteAddress = anyDuplex } = options;
  return new NodeStream(duplex, {
    local: localAddress,
    remote: remoteAddress,
    reset: () => duplex.destroy(new Error('aborted')),
  });
}

const anyDuplex: Address = { family: 'memory', name: 'duplex' };

function whyNot(duplex: Duplex): string | undefined {
  if (duplex.readableObjectMode || duplex.writableObjectMode) return 'is in object mode';
  if (duplex.readableEncoding !== null) return 'gives text: setEncoding() was called';
  if (duplex.destroyed || duplex.readableEnded) return 'has ended already';
  return undefined;
}

class StreamDuplex extends Duplex {
  readonly #stream: ByteStream;
  #peerEnded = false;

  constructor(stream: ByteStream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    stream.attach({
      data: (chunk) => {
        if (!this.push(chunk)) stream.pause();
      },
      end: () => {
        this.#peerEnded = true;
        this.push(null);
      },
      closed: (error) => {
        // In order, what is buffered here is still read. Closed by somebody else in the middle, it ends here as a socket does.
        if (error !== undefined) this.destroy(error);
        else if (!this.#peerEnded || !this.writableEnded) this.destroy();
      },
      drain: () => undefined,
    });
    // Until somebody reads: the peer of one who only writes feels back-pressure, too.
    stream.pause();
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    settle(this.#send(chunk), done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    let last = ready;
    this.#stream.cork();
    for (const { chunk } of chunks) last = this.#send(chunk);
    this.#stream.uncork();
    settle(last, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    settle(this.#stream.shutdown('write'), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const stream = this.#stream;
    if (error !== null || this.writableLength > 0 || stream.needsDrain)
      stream.abort(error ?? 'destroy() was called');
    else stream.close().catch(() => undefined);
    const isOver = (): void => {
      done(error);
    };
    stream.closed.then(isOver, isOver);
  }

  #send(chunk: Uint8Array): Promise<void> {
    return canLend(this.#stream) ? this.#stream.lend(chunk) : this.#stream.write(chunk);
  }
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  if (work === ready) done();
  else
    work.then(() => {
      done();
    }, done);
}
