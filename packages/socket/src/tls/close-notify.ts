import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Address } from '../address.ts';
import { SocketError } from '../errors.ts';
import { toDuplex } from '../streams/duplex.ts';
import { NodeStream } from '../streams/node-stream.ts';

/**
 * Tells an end that the peer announced (`close_notify`) from one that anybody in between can make, a bare FIN (RFC 8446, section 6.1).
 *
 * node's TLS takes both for the same, and reads from the socket where nobody can look on. So it gets its bytes through JavaScript here:
 * an end of TLS before the carrier's own was announced.
 */
export class AnnouncedEnd {
  /** What TLS is to run over. */
  readonly carrier: Duplex;
  #hasCarrierEnded = false;

  constructor(carrier: Duplex) {
    this.carrier =
      carrier instanceof Socket
        ? toDuplex(new NodeStream(carrier, { local: within, remote: within }))
        : carrier;
    // Before TLS listens for it.
    this.carrier.once('end', () => {
      this.#hasCarrierEnded = true;
    });
  }

  /** From now on the socket reports a bare end as the error `TRUNCATED`, behind what came before it. */
  require(socket: TLSSocket): void {
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk !== null || !this.#hasCarrierEnded) return push(chunk, encoding);
      if (socket.readableLength > 0) return this.#endLater(socket, push);
      socket.destroy(truncated());
      return false;
    };
  }

  /** Destroying it would drop what nobody has read yet: node tells the end when that is read, and nobody hears of it but as an error. */
  #endLater(socket: TLSSocket, push: (chunk: null) => boolean): boolean {
    const emit = socket.emit.bind(socket);
    socket.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'end') return emit(event, ...args);
      socket.destroy(truncated());
      return true;
    };
    return push(null);
  }
}

function truncated(): SocketError {
  return new SocketError('TRUNCATED', 'the connection ended without close_notify: bytes may be missing');
}

const within: Address = { family: 'memory', name: 'tls' };
