import type { Address } from '../address.ts';
import type { Deadline } from '../deadline.ts';
import { SocketError } from '../errors.ts';
import type { ListenAddress } from '../listening/bind-server.ts';
import { openPort, type ListeningPort, type ListenOptions } from '../listening/port.ts';
import type { SocketStream } from '../socket-stream.ts';

/**
 * Serves one connection. A handler that returns a promise has the stream until the promise settles; then the stream is closed
 * (or aborted, where it rejects). One that returns nothing has taken the stream over, as a push-mode driver does.
 */
export type StreamHandler = (stream: SocketStream) => undefined | Promise<unknown>;

export interface ServeOptions extends ListenOptions {
  /**
   * Told of what a handler throws. Default: written to stderr, except a `SocketError`, which only says that a peer went away.
   */
  readonly onError?: (error: unknown, stream: SocketStream) => void;
}

export interface RunningServer extends AsyncDisposable {
  readonly address: Address;
  /** Connections open now. */
  readonly connections: number;
  /** Connections that came to nothing: turned away by a limit, refused in their handshake, or reset before they were accepted. */
  readonly dropped: number;
  /** Stops accepting. Open streams live on. */
  close(): Promise<void>;
  /** Stops accepting, waits until every stream has closed, and aborts those left when the deadline passes. */
  drain(options?: Deadline): Promise<void>;
}

/**
 * Calls `handler` for every connection, all at the same time: seed 004's `ThreadingTCPServer` without the threads.
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`; SocketUsageError `BAD_ADDRESS`.
 */
export async function serve(
  address: ListenAddress,
  handler: StreamHandler,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { onError = reportUnlessPeer } = options;
  const fail = (error: unknown, stream: SocketStream): void => {
    stream.abort(error);
    onError(error, stream);
  };
  return new Running(
    await openPort(address, options, (stream) => {
      try {
        handler(stream)?.then(
          () => stream.close(),
          (error: unknown) => {
            fail(error, stream);
          },
        );
      } catch (error) {
        fail(error, stream);
      }
    }),
  );
}

class Running implements RunningServer {
  readonly #port: ListeningPort;

  constructor(port: ListeningPort) {
    this.#port = port;
  }

  get address(): Address {
    return this.#port.address;
  }

  get connections(): number {
    return this.#port.streams.size;
  }

  get dropped(): number {
    return this.#port.dropped;
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  drain(options?: Deadline): Promise<void> {
    return this.#port.drain(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function reportUnlessPeer(error: unknown): void {
  if (!(error instanceof SocketError)) console.error(error);
}
