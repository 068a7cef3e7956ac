import type { ByteStream } from './byte-stream.ts';
import type { Pollable } from './pollable.ts';
import type { ProxyHeader } from './proxy-protocol/header.ts';
import type { TlsInfo } from './tls/info.ts';

/** What a socket of the operating system offers beyond {@link ByteStream}: `connect`, `listen` and `serve` give these. */
export interface SocketStream extends ByteStream, Pollable {
  /** Bytes received from the network so far, those of TLS and of a PROXY header included. */
  readonly bytesRead: number;
  /** Bytes handed over for the network so far, those still queued included. */
  readonly bytesWritten: number;
  /** What the handshake agreed on; `undefined` without TLS. */
  readonly tls: TlsInfo | undefined;
  /** What a trusted proxy said of this connection; `remoteAddress` is then the client's, not the proxy's. */
  readonly proxy: ProxyHeader | undefined;
  /** TCP_NODELAY. Nothing on a Unix socket. */
  setNoDelay(on: boolean): void;
  /**
   * SO_KEEPALIVE: the kernel asks after `idleMs` of silence whether the peer still lives, in whole seconds; ten questions unanswered, a second
   * apart, end the connection with `TIMED_OUT` (the interval and the count are libuv's). `false` stops it. Nothing on a Unix socket.
   */
  setKeepAlive(idleMs: number | false): void;
  /** The process does not wait for this connection to end. */
  unref(): void;
  ref(): void;
  /**
   * Writes bytes that stay the caller's: resolves once they have left, and the memory may be used again. This is what a file is sent
   * with, from two buffers and no more. Rejects as `write` does; then, too, the memory is free.
   */
  lend(data: Uint8Array): Promise<void>;
}
