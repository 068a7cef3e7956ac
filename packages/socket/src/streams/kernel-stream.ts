import type { Socket } from 'node:net';
import { inetAddress, type Address } from '../address.ts';
import { SocketUsageError } from '../errors.ts';
import type { ProxyHeader } from '../proxy-protocol/header.ts';
import type { SocketStream } from '../socket-stream.ts';
import type { TlsInfo } from '../tls/info.ts';
import { NodeStream, type StreamKeeper } from './node-stream.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';

export interface KernelStreamOptions {
  /** What is known already: asking the kernel costs a system call each, and fails after a close. */
  readonly local?: Address | undefined;
  readonly remote?: Address | undefined;
  /** The socket under a TLS one: it is what has options, and what can be reset. */
  readonly carrier?: Socket | undefined;
  readonly tls?: TlsInfo | undefined;
  /** How to end it at once, where it is no socket of the kernel's that carries it. */
  readonly reset?: (() => void) | undefined;
  /** Told when both directions are over. */
  readonly keeper?: StreamKeeper | undefined;
  readonly proxy?: ProxyHeader | undefined;
  /** Where the socket's bytes arrive. Default: it has `data` events. */
  readonly received?: ReceiveBuffer | undefined;
}

/** A connected socket of `node:net` or `node:tls`, made with `allowHalfOpen`. */
export class KernelStream extends NodeStream<Socket> implements SocketStream {
  readonly #socket: Socket;
  readonly #carrier: Socket;
  readonly tls: TlsInfo | undefined;
  #proxy: ProxyHeader | undefined;

  constructor(socket: Socket, options: KernelStreamOptions = {}) {
    const { carrier = socket, local, remote, reset = resetTcp, received, keeper } = options;
    // Asked of the kernel while it knows; node keeps the answer.
    const isKnown = remote !== undefined || carrier.remoteFamily !== undefined;
    const isUnix = remote?.family === 'unix';
    super(
      socket,
      carrier === socket
        ? {
            local: local ?? localOf,
            remote: remote ?? (isKnown ? remoteOf : remoteOf(carrier)),
            reset: isUnix ? undefined : reset,
            received,
            keeper,
          }
        : {
            local: local ?? (() => localOf(carrier)),
            remote: remote ?? remoteOf(carrier),
            reset: options.reset ?? (isUnix ? undefined : resetOf(socket, carrier)),
            received,
            keeper,
          },
    );
    this.#socket = socket;
    this.#carrier = carrier;
    this.tls = options.tls;
    this.#proxy = options.proxy;
  }

  get bytesRead(): number {
    return this.#carrier.bytesRead;
  }

  get bytesWritten(): number {
    return this.#carrier.bytesWritten;
  }

  get proxy(): ProxyHeader | undefined {
    return this.#proxy;
  }

  override get localAddress(): Address {
    return this.#proxy?.destination ?? super.localAddress;
  }

  override get remoteAddress(): Address {
    return this.#proxy?.source ?? super.remoteAddress;
  }

  setNoDelay(on: boolean): void {
    this.#carrier.setNoDelay(on);
  }

  setKeepAlive(idleMs: number | false): void {
    if (idleMs !== false && !(idleMs > 0)) {
      throw new SocketUsageError('BAD_ARGUMENT', `idleMs is ${String(idleMs)}, expected more than 0`);
    }
    if (idleMs === false) this.#carrier.setKeepAlive(false);
    // The kernel counts whole seconds, and node rounds down to none at all.
    else this.#carrier.setKeepAlive(true, Math.max(1000, idleMs));
  }

  ref(): void {
    this.#carrier.ref();
  }

  unref(): void {
    this.#carrier.unref();
  }

  /** The socket itself, given up to TLS with all that was not read: this stream is closed from now on. */
  release(): Socket {
    for (const chunk of this.takeOver().reverse()) this.#socket.unshift(chunk);
    return this.#socket;
  }

  /** Tells what a proxy said, once it has been read. */
  learn(proxy: ProxyHeader): void {
    this.#proxy = proxy;
  }
}

function resetTcp(socket: Socket): void {
  socket.resetAndDestroy();
}

/** TLS hears of its end from the carrier: destroying it in the same turn crashes node 20 while a handshake's last bytes are on their way. */
function resetOf(socket: Socket, carrier: Socket): () => void {
  return () => {
    // Bun's TLS does not hear of its carrier's end while it is paused.
    carrier.once('close', () => socket.destroy());
    // A Unix socket cannot be reset, and what a proxy says of its client may look like TCP.
    if (carrier.remoteFamily === undefined) carrier.destroy();
    else carrier.resetAndDestroy();
  };
}

function localOf({ localFamily, localAddress, localPort }: Socket): Address {
  return inetAddress(localFamily, localAddress, localPort);
}

function remoteOf({ remoteFamily, remoteAddress, remotePort }: Socket): Address {
  return inetAddress(remoteFamily, remoteAddress, remotePort);
}
