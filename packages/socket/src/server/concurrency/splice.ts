import type { ByteReceiver, ByteStream } from '../../byte-stream.ts';
import { Deferred } from '../../deferred.ts';
import { SocketError } from '../../errors.ts';

/**
 * Joins a connection and the stream to its worker in push mode: what arrives on one is written to the other, with back-pressure, half-close
 * and abort both ways. Resolves once the worker has said its last word in order, and that is written to the connection; rejects with
 * what ended the worker's stream otherwise. The connection may still be sending then: whoever awaits this closes both.
 */
export function splice(connection: ByteStream, worker: ByteStream): Promise<void> {
  const finished = new Deferred<void>();
  connection.attach(new Side(connection, worker));
  worker.attach(
    new Side(worker, connection, (error) => {
      if (error === undefined) finished.resolve();
      else finished.reject(error);
    }),
  );
  return finished.promise;
}

class Side implements ByteReceiver {
  readonly #from: ByteStream;
  readonly #to: ByteStream;
  readonly #onEnd: ((error?: Error) => void) | undefined;

  constructor(from: ByteStream, to: ByteStream, onEnd?: (error?: Error) => void) {
    this.#from = from;
    this.#to = to;
    this.#onEnd = onEnd;
  }

  data(chunk: Uint8Array): void {
    this.#to.write(chunk).catch((error: unknown) => {
      // A handler that is done reads no more: its answer is on its way out, and must not be lost for what nobody reads.
      if (isPeerClosed(error)) this.#from.pause();
      else this.#from.abort(error);
    });
    if (this.#to.needsDrain) this.#from.pause();
  }

  end(): void {
    this.#to.shutdown('write').catch(() => undefined);
    this.#onEnd?.();
  }

  drain(): void {
    this.#to.resume();
  }

  closed(error?: Error): void {
    if (error !== undefined) this.#to.abort(error);
    this.#onEnd?.(error);
  }
}

function isPeerClosed(error: unknown): boolean {
  return error instanceof SocketError && (error.code === 'PEER_CLOSED' || error.code === 'CLOSED');
}
