import { Duplex } from 'node:stream';
import type { Environ } from '../../environ.ts';

type Written = (error?: Error | null) => void;

/** Takes what a response of Node writes; calls `written` when there is room for more. */
export type SocketSink = (data: string | Uint8Array, encoding: BufferEncoding, written: Written) => void;

/** The socket of a request that came by other ways: what programs look for at a `net.Socket`. */
export class DetachedSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number = 0;
  readonly remoteFamily: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** As at a `tls.TLSSocket`. */
  readonly encrypted: boolean;
  readonly connecting: boolean = false;
  readonly #sink: SocketSink;

  constructor(environ: Environ, sink: SocketSink) {
    super({ decodeStrings: false });
    this.remoteAddress = environ.REMOTE_ADDR;
    this.remoteFamily = environ.REMOTE_ADDR.includes(':') ? 'IPv6' : 'IPv4';
    this.localAddress = environ.SERVER_NAME;
    this.localPort = Number(environ.SERVER_PORT);
    this.encrypted = environ['wsgi.url_scheme'] === 'https';
    this.#sink = sink;
    // Why it ended is told to the request and the response.
    this.on('error', nothing);
  }

  /** The request has its bytes from elsewhere. */
  override _read(): void {
    // Nothing comes this way.
  }

  override _write(data: string | Uint8Array, encoding: BufferEncoding, written: Written): void {
    this.#sink(data, encoding, written);
  }

  address(): object {
    return { address: this.localAddress, port: this.localPort, family: this.remoteFamily };
  }

  destroySoon(): void {
    this.destroy();
  }

  /** The time limits of a connection are its server's. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function nothing(): void {
  // An error without a listener would end the process.
}
