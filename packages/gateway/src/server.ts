import {
  createServer,
  type Handler,
  type HttpRequest,
  type HttpServer,
  type ServerOptions,
  type ServerStats,
} from '@wirestack/http';
import type { Address, AddressLike, Deadline } from '@wirestack/socket';
import type { Application } from './application.ts';
import { HttpEnviron, type ServerPlace } from './http-environ.ts';
import { startApplication } from './lifespan.ts';
import type { ProcessesOptions, ProcessServer } from './processes/process-server.ts';
import { run } from './run.ts';

/** A server with an application in it. */
export interface GatewayServer extends AsyncDisposable {
  readonly address: Address;
  readonly stats: ServerStats;
  /**
   * Stops accepting, closes idle connections, answers what is in work, waits for it, and stops the application. Connections left when the deadline passes
   * are aborted. Default deadline: 30 s.
   */
  drain(options?: Deadline): Promise<void>;
  /** Stops accepting, aborts every connection, and stops the application. */
  close(): Promise<void>;
}

/** How a server is mounted in others: what its environs say. */
export interface HandlerOptions {
  /** `wsgi.multiprocess`: other processes run the same application. Default false. */
  readonly multiprocess?: boolean;
}

/**
 * Serves an application over HTTP: PEP 3333's `make_server`, listening already. Port 0 lets the kernel choose. The application's lifespan is the
 * server's: it starts before the first connection, and stops behind the last.
 *
 * ```ts
 * const server = await makeServer('127.0.0.1:8000', (environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [`hello ${environ.REMOTE_ADDR}\n`];
 * });
 * ```
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`; HttpUsageError `BAD_OPTION`; what `lifespan.start` throws
 */
export function makeServer(
  address: AddressLike,
  app: Application,
  options?: ServerOptions & HandlerOptions & { readonly processes?: undefined },
): Promise<GatewayServer>;
/**
 * In as many processes, 0 for as many as the machine runs at the same time: `app` is a `moduleApplication`, for functions cannot go to other processes. See
 * `serveProcesses`.
 */
export function makeServer(
  address: AddressLike,
  app: Application,
  options: ProcessesOptions & { readonly processes: number },
): Promise<ProcessServer>;
export async function makeServer(
  address: AddressLike,
  app: Application,
  options: ServerOptions & HandlerOptions & { readonly processes?: number | undefined } = {},
): Promise<GatewayServer | ProcessServer> {
  const { processes, ...rest } = options;
  if (processes === undefined) return serveHere(address, app, rest);
  // Most programs are one process.
  const { serveProcesses } = await import('./processes/process-server.ts');
  return serveProcesses(address, app, { ...rest, processes });
}

async function serveHere(
  address: AddressLike,
  app: Application,
  options: ServerOptions & HandlerOptions,
): Promise<GatewayServer> {
  const place: ServerPlace = {
    name: 'localhost',
    port: '80',
    isMultiprocess: options.multiprocess === true,
  };
  const server = createServer(
    handlerFor(app, () => place),
    options,
  );
  const stop = await startApplication(app);
  try {
    await server.listen(address);
  } catch (error) {
    await stop();
    throw error;
  }
  Object.assign(place, nameOf(server.address));
  return new ApplicationServer(server, stop);
}

/**
 * An application as a handler of `@wirestack/http`, to be composed with others there. `SERVER_NAME` is the address that was connected to. Its lifespan is yours
 * to run: {@link startApplication}.
 */
export function toHandler(app: Application, options: HandlerOptions = {}): Handler {
  const isMultiprocess = options.multiprocess === true;
  // Most handlers are at one address: its texts are made once.
  let last: { readonly address: Address; readonly place: ServerPlace } | undefined;
  return handlerFor(app, ({ localAddress: address }) => {
    if (last === undefined || !isSamePort(address, last.address))
      last = { address, place: { ...nameOf(address), isMultiprocess } };
    return last.place;
  });
}

class ApplicationServer implements GatewayServer {
  readonly #server: HttpServer;
  readonly #stop: () => Promise<void>;

  constructor(server: HttpServer, stop: () => Promise<void>) {
    this.#server = server;
    this.#stop = stop;
  }

  get address(): Address {
    return this.#server.address;
  }

  get stats(): ServerStats {
    return this.#server.stats;
  }

  async drain(options?: Deadline): Promise<void> {
    await this.#server.drain(options);
    await this.#stop();
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function handlerFor(app: Application, placeOf: (request: HttpRequest) => ServerPlace): Handler {
  return (request) => run(app, new HttpEnviron(request, placeOf(request)));
}

function isSamePort(one: Address, other: Address): boolean {
  if (one === other) return true;
  return 'port' in one && 'port' in other && one.port === other.port && one.host === other.host;
}

function nameOf(address: Address): { name: string; port: string } {
  if ('port' in address) return { name: address.host, port: String(address.port) };
  return { name: 'localhost', port: '80' };
}
