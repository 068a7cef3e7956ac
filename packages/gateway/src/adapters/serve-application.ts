import type { Address, Deadline, RunningServer } from '@wirestack/socket';
import type { Application } from '../application.ts';
import { startApplication } from '../lifespan.ts';

/** A server with the lifespan of its application around it: what listens is there once the application has started. */
export async function serveApplication(
  app: Application,
  listen: () => Promise<RunningServer>,
): Promise<RunningServer> {
  const stop = await startApplication(app);
  try {
    const server = await listen();
    return app.lifespan === undefined ? server : new ApplicationServer(server, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

class ApplicationServer implements RunningServer {
  readonly #server: RunningServer;
  readonly #stop: () => Promise<void>;

  constructor(server: RunningServer, stop: () => Promise<void>) {
    this.#server = server;
    this.#stop = stop;
  }

  get address(): Address {
    return this.#server.address;
  }

  get connections(): number {
    return this.#server.connections;
  }

  get dropped(): number {
    return this.#server.dropped;
  }

  /** Open streams live on: the application is stopped when the last has closed. */
  async close(): Promise<void> {
    await this.#server.close();
    if (this.#server.connections === 0) await this.#stop();
    else
      void this.#server
        .drain({ timeoutMs: longestMs })
        .then(this.#stop)
        // There is nobody left to tell.
        .catch((error: unknown) => {
          console.error(error);
        });
  }

  async drain(options?: Deadline): Promise<void> {
    await this.#server.drain(options);
    await this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The longest that a timer takes. */
const longestMs = 2 ** 31 - 1;
