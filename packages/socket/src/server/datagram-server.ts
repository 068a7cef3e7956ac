import type { Address, AddressLike } from '../address.ts';
import { bind } from '../datagrams/bind.ts';
import type { DatagramOptions } from '../datagrams/datagram-options.ts';
import type { DatagramSocket } from '../datagrams/datagram-socket.ts';
import type { Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import { BaseServer, type Accepted, type BaseServerOptions } from './base-server.ts';
import type { Task } from './concurrency/concurrency.ts';
import type { DatagramRequest, RequestHandler } from './request-handler.ts';

/** One object a packet, made by the server. */
export type DatagramHandlerClass = new (
  request: DatagramRequest,
  clientAddress: Address,
  server: DatagramServer,
) => RequestHandler<DatagramRequest>;

/** Serves one packet; `request.reply` answers. */
export type DatagramHandlerFunction = (request: DatagramRequest, clientAddress: Address) => unknown;

export interface DatagramServerOptions extends BaseServerOptions, DatagramOptions {}

/**
 * `socketserver.UDPServer` (seeds 003 and 004). Packets that come faster than they are accepted are dropped, the oldest first, and counted.
 * Threads and processes take connections only: `sequential()` or `concurrent()`.
 */
export class DatagramServer extends BaseServer<DatagramRequest> {
  protected readonly handler: DatagramHandlerClass | DatagramHandlerFunction;
  readonly #place: AddressLike;
  readonly #options: DatagramServerOptions;
  #socket: DatagramSocket | undefined;

  /** @throws SocketUsageError `BAD_ARGUMENT` for a concurrency that takes connections only */
  constructor(
    address: AddressLike,
    handler: DatagramHandlerClass | DatagramHandlerFunction,
    options: DatagramServerOptions = {},
  ) {
    super(options);
    const { name } = this.concurrency;
    if (name !== 'sequential' && name !== 'concurrent') {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        `${name} takes connections; packets are served in this thread`,
      );
    }
    this.#place = address;
    this.#options = options;
    this.handler = handler;
  }

  /** Packets that arrived and were dropped because they came faster than they were accepted. */
  get dropped(): number {
    return this.#socket?.dropped ?? 0;
  }

  protected async open(): Promise<Address> {
    this.#socket = await bind(this.#place, this.#options);
    return this.#socket.localAddress;
  }

  protected async accept(deadline: Deadline): Promise<Accepted<DatagramRequest>> {
    const socket = this.#socket;
    if (socket === undefined) throw new SocketUsageError('BAD_ARGUMENT', 'the server does not listen');
    const { data, from } = await socket.receive(deadline);
    const reply = (answer: Uint8Array | string): Promise<void> => socket.send(answer, from);
    return { request: { data, from, reply }, clientAddress: from };
  }

  /** Closed with the last request: those that run answer through it. */
  protected stopListening(): Promise<void> {
    return Promise.resolve();
  }

  override async close(deadline?: Deadline): Promise<void> {
    await super.close(deadline);
    await this.#socket?.close();
  }

  protected taskOf(): Omit<Task, 'run'> {
    return {};
  }

  protected async finishRequest(request: DatagramRequest, clientAddress: Address): Promise<void> {
    if (!isClass(this.handler)) {
      await this.handler(request, clientAddress);
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

  /** A packet needs no farewell. */
  protected shutdownRequest(): Promise<void> {
    return Promise.resolve();
  }

  protected abortRequest(): void {
    return undefined;
  }
}

function isClass(handler: DatagramHandlerClass | DatagramHandlerFunction): handler is DatagramHandlerClass {
  const { prototype } = handler as { prototype?: { handle?: unknown } };
  return typeof prototype?.handle === 'function';
}
