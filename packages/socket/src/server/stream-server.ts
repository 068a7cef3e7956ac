import type { Address } from '../address.ts';
import { armDeadline, type Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import { KernelStream } from '../streams/kernel-stream.ts';
import type { Listener } from '../listen.ts';
import { AcceptQueue } from '../listening/accept-queue.ts';
import { placeOf, type ListenAddress } from '../listening/bind-server.ts';
import { openPort, type ListenOptions } from '../listening/port.ts';
import type { SocketStream } from '../socket-stream.ts';
import { BaseServer, type Accepted, type BaseServerOptions } from './base-server.ts';
import type { Task } from './concurrency/concurrency.ts';
import type { RequestHandler } from './request-handler.ts';

/** One object a connection, made by the server. */
export type StreamHandlerClass = new (
  request: SocketStream,
  clientAddress: Address,
  server: StreamServer,
) => RequestHandler<SocketStream>;

/** Serves one connection; the server closes it when the promise resolves, and aborts it when it rejects. */
export type StreamHandlerFunction = (
  request: SocketStream,
  clientAddress: Address,
) => Promise<unknown> | undefined;

export interface StreamServerOptions extends BaseServerOptions, ListenOptions {}

/**
 * `socketserver.TCPServer` and `UnixStreamServer` (seeds 003 and 004), by the address: a handler for each connection, a hook for each step.
 * `serve` is shorter where no hook is wanted.
 */
export class StreamServer extends BaseServer<SocketStream> {
  protected readonly handler: StreamHandlerClass | StreamHandlerFunction;
  readonly #place: ListenAddress;
  readonly #options: StreamServerOptions;
  #listener: Listener | undefined;

  /** @throws SocketUsageError `BAD_ADDRESS`, `BAD_ARGUMENT` */
  constructor(
    address: ListenAddress,
    handler: StreamHandlerClass | StreamHandlerFunction,
    options: StreamServerOptions = {},
  ) {
    super(options);
    placeOf(address);
    const isPassedOn = this.concurrency.takesSocket === true || this.concurrency.listen !== undefined;
    if (isPassedOn && (options.tls !== undefined || options.proxyProtocol !== undefined)) {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        `${this.concurrency.name} passes sockets on as they come: no TLS, no PROXY header`,
      );
    }
    this.#place = address;
    this.#options = options;
    this.handler = handler;
  }

  /** Connections that came to nothing: turned away by a limit, refused in their handshake, or reset before they were accepted. */
  get dropped(): number {
    return this.#listener?.dropped ?? 0;
  }

  protected async open(): Promise<Address> {
    const { concurrency } = this;
    // Where the processes accept for themselves, none is accepted here.
    if (concurrency.listen !== undefined) return concurrency.listen(this.#place, this.#options);
    const queue = new AcceptQueue();
    const deliver = (stream: SocketStream): void => {
      queue.push(stream);
    };
    queue.port = await openPort(this.#place, this.#options, deliver, concurrency.takesSocket);
    this.#listener = queue;
    return queue.address;
  }

  protected async accept(deadline: Deadline): Promise<Accepted<SocketStream>> {
    if (this.#listener === undefined) return never(deadline);
    const request = await this.#listener.accept(deadline);
    return { request, clientAddress: request.remoteAddress };
  }

  protected async stopListening(): Promise<void> {
    await this.#listener?.close();
  }

  protected taskOf(request: SocketStream): Omit<Task, 'run'> {
    const { takesSocket } = this.concurrency;
    return takesSocket === true && request instanceof KernelStream
      ? { takeSocket: () => request.release() }
      : { stream: request };
  }

  protected async finishRequest(request: SocketStream, clientAddress: Address): Promise<void> {
    if (!isClass(this.handler)) {
      // One that returns nothing has taken the stream over, as a push-mode driver does.
      await (this.handler(request, clientAddress) ?? request.closed.catch(() => undefined));
      return;
    }
    const handler = new this.handler(request, clientAddress, this);
    await handler.setup();
    try {
      await handler.handle();
    } finally {
      await handler.finish();
    }
  }

  protected async shutdownRequest(request: SocketStream): Promise<void> {
    await request.close();
  }

  protected abortRequest(request: SocketStream, reason: unknown): void {
    request.abort(reason);
  }
}

function never(deadline: Deadline): Promise<never> {
  return new Promise((_resolve, reject) => {
    armDeadline(deadline, reject);
  });
}

function isClass(handler: StreamHandlerClass | StreamHandlerFunction): handler is StreamHandlerClass {
  const { prototype } = handler as { prototype?: { handle?: unknown } };
  return typeof prototype?.handle === 'function';
}
