import { setMaxListeners } from 'node:events';
import type { ConnectStep } from '@wirestack/socket';
import type { TransportSettings } from './client-options.ts';
import type { ConnectionSteps } from './client-response.ts';
import { HttpClientError, requestTimedOut } from './errors.ts';
import type { Exchange, ExchangeHolder } from './exchange.ts';
import { LateTimer } from './late-timer.ts';
import { PooledConnection, type ConnectionOwner } from './pooled-connection.ts';
import type { Route } from './route.ts';

/** Who has the pools of all origins. */
export interface PoolOwner {
  readonly settings: TransportSettings;
  /** A connection became idle. */
  idled(): void;
  /** Nothing is left of it. */
  emptied(pool: OriginPool): void;
}

/** The connections to one origin by one route, and who waits for one. */
export class OriginPool implements ConnectionOwner, ExchangeHolder {
  readonly settings: TransportSettings;
  readonly usesAbsoluteForm: boolean;
  readonly #route: Route;
  readonly #owner: PoolOwner;
  readonly #connections = new Set<PooledConnection>();
  /** The one that was used last is taken first: the others may then grow old. */
  readonly #idle: PooledConnection[] = [];
  /** First come, first served; those that lost a connection are in front. */
  #waiting = new Set<Exchange>();
  readonly #timer: LateTimer;
  /** When the next of those who wait has waited long enough. */
  #expiresAt = Infinity;
  readonly #cut = new AbortController();
  #connecting = 0;
  /** Connections so far. */
  #opened = 0;
  #isClosing = false;
  /** Requests on their way in: for a moment nothing else may be left. */
  #taking = 0;

  constructor(route: Route, owner: PoolOwner) {
    this.#route = route;
    this.#owner = owner;
    this.settings = owner.settings;
    this.usesAbsoluteForm = route.usesAbsoluteForm;
    // Each connection that is being opened listens: not a leak, as node would warn of.
    setMaxListeners(0, this.#cut.signal);
    this.#timer = new LateTimer(owner.settings.clock, () => {
      this.#expireWaiting();
    });
  }

  get idle(): number {
    return this.#idle.length;
  }

  get open(): number {
    return this.#connections.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the connection that has been idle for longest became so; `Infinity` where none is idle. */
  get idleSince(): number {
    return this.#idle[0]?.idleSince ?? Infinity;
  }

  /** Sends it as soon as there is a connection for it. */
  send(exchange: Exchange): void {
    this.#taking++;
    if (!exchange.isSettled) this.#place(exchange);
    this.#taking--;
    this.#tellIfEmpty();
  }

  available(connection: PooledConnection): void {
    for (let next = this.#nextFor(connection); next !== undefined; next = this.#nextFor(connection)) {
      connection.start(next);
    }
    if (!connection.isIdle) return;
    if (this.#isClosing) {
      connection.close();
      return;
    }
    this.#idle.push(connection);
    connection.rest();
    // It is no good for those who wait; it can make room for them.
    if (this.#waiting.size > 0) this.#connectForWaiting();
    this.#owner.idled();
  }

  gone(connection: PooledConnection, lost: readonly Exchange[]): void {
    this.#connections.delete(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (lost.length > 0) this.#sendAgain(lost);
    this.#connectForWaiting();
    this.#tellIfEmpty();
  }

  aborted(exchange: Exchange): void {
    this.#waiting.delete(exchange);
    this.#tellIfEmpty();
  }

  /** Closes the connection that has been idle for longest. */
  closeOldest(): void {
    this.#idle[0]?.close();
  }

  /** Lets go of idle connections, now and as they become so. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#idle.splice(0)) connection.close();
    this.#tellIfEmpty();
  }

  abort(error: HttpClientError): void {
    this.#isClosing = true;
    this.#cut.abort(error);
    this.#timer.stop();
    for (const exchange of this.#waiting) exchange.failed(error);
    this.#waiting.clear();
    for (const connection of this.#connections) connection.abort(error);
    this.#tellIfEmpty();
  }

  get #mayConnect(): boolean {
    return this.#connections.size + this.#connecting < this.settings.maxConnectionsPerOrigin;
  }

  #place(exchange: Exchange): void {
    const connection = this.#takeIdle() ?? this.#shared(exchange);
    if (connection !== undefined) {
      connection.start(exchange);
      if (connection.isIdle) this.available(connection);
      return;
    }
    if (this.#waiting.size >= this.settings.maxQueued && !this.#mayConnect) {
      const message = `more than ${String(this.settings.maxQueued)} requests wait for a connection`;
      exchange.failed(new HttpClientError('QUEUE_FULL', message));
      return;
    }
    this.#enqueue(exchange);
    this.#connectForWaiting();
  }

  /** Over connections that are opened from now on: those that stand idle may have been closed by the server, too. */
  #sendAgain(lost: readonly Exchange[]): void {
    const before = this.#waiting;
    this.#waiting = new Set();
    for (const exchange of lost) {
      exchange.newerThan = this.#opened;
      this.#enqueue(exchange);
    }
    for (const exchange of before) this.#waiting.add(exchange);
  }

  #takeIdle(): PooledConnection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isIdle && !connection.isStale) return connection;
      connection.close();
    }
    return undefined;
  }

  /** A connection in use that takes another request behind the others: the one with the fewest. Nobody who waits is overtaken. */
  #shared(exchange: Exchange): PooledConnection | undefined {
    const { maxPipelined } = this.settings;
    if (maxPipelined === 1 || this.#mayConnect || this.#waiting.size > 0 || !exchange.mayBePipelined)
      return undefined;
    let best: PooledConnection | undefined;
    for (const connection of this.#connections) {
      if (connection.mayPipeline && connection.load < (best?.load ?? maxPipelined)) best = connection;
    }
    return best;
  }

  #nextFor(connection: PooledConnection): Exchange | undefined {
    if (this.#waiting.size === 0) return undefined;
    const { isIdle } = connection;
    if (!isIdle && !(connection.mayPipeline && connection.load < this.settings.maxPipelined))
      return undefined;
    for (const exchange of this.#waiting) {
      if (connection.ordinal <= exchange.newerThan || (exchange.wantsUnused && connection.isUsed)) continue;
      // What wants a connection of its own is not overtaken for ever by what does not.
      if (!isIdle && !exchange.mayBePipelined) return undefined;
      this.#waiting.delete(exchange);
      return exchange;
    }
    return undefined;
  }

  #enqueue(exchange: Exchange): void {
    exchange.holder = this;
    exchange.queuedAt = this.settings.clock.elapsed();
    this.#waiting.add(exchange);
    const until = exchange.queuedAt + this.settings.queueTimeoutMs;
    if (until < this.#expiresAt) this.#expireAt(until);
  }

  /** Opens a connection for each that waits, as far as there may be more. */
  #connectForWaiting(): void {
    while (this.#connecting < this.#waiting.size && !this.#cut.signal.aborted && this.#hasRoom()) {
      const exchange = this.#waitingAt(this.#connecting);
      if (exchange === undefined) return;
      this.#connecting++;
      this.#connect(exchange).then(
        (connection) => {
          this.#connected(connection);
        },
        (error: unknown) => {
          this.#notConnected(exchange, error as Error);
        },
      );
    }
  }

  /** Who waits does not want those that are idle: they were there before. */
  #hasRoom(): boolean {
    if (!this.#mayConnect) this.#idle[0]?.close();
    return this.#mayConnect;
  }

  #waitingAt(index: number): Exchange | undefined {
    let at = 0;
    for (const exchange of this.#waiting) if (at++ === index) return exchange;
    return undefined;
  }

  async #connect({ request }: Exchange): Promise<PooledConnection> {
    const { clock, connectTimeoutMs } = this.settings;
    const timeoutMs = request.options.connectTimeoutMs ?? connectTimeoutMs;
    const steps: { -readonly [Step in keyof ConnectionSteps]: ConnectionSteps[Step] } = {};
    const stream = await this.#route.open({ timeoutMs, signal: this.#cut.signal }, (step) => {
      steps[stepTimes[step]] = clock.elapsed();
    });
    return new PooledConnection(stream, this, ++this.#opened, steps);
  }

  /** Whoever is the first has it, and not the one for whom it was opened. */
  #connected(connection: PooledConnection): void {
    this.#connecting--;
    this.#connections.add(connection);
    this.available(connection);
  }

  /** One connection, one request: who waits behind it may have better luck, with this origin or an open connection. */
  #notConnected(exchange: Exchange, error: Error): void {
    this.#connecting--;
    if (this.#waiting.delete(exchange)) exchange.failed(error);
    this.#connectForWaiting();
    this.#tellIfEmpty();
  }

  /** Those that waited longest are in front, but for the few that came back. Those with a connection under way wait for that. */
  #expireWaiting(): void {
    const { queueTimeoutMs, clock } = this.settings;
    const now = clock.elapsed();
    let connecting = this.#connecting;
    let next = Infinity;
    for (const exchange of this.#waiting) {
      if (connecting-- > 0) continue;
      const until = exchange.queuedAt + queueTimeoutMs;
      if (now < until) {
        next = Math.min(next, until);
        if (exchange.newerThan === 0) break;
      } else {
        this.#waiting.delete(exchange);
        exchange.failed(requestTimedOut('queue', queueTimeoutMs));
      }
    }
    this.#expireAt(next);
    this.#tellIfEmpty();
  }

  #expireAt(deadline: number): void {
    this.#expiresAt = deadline;
    this.#timer.set(deadline);
  }

  #tellIfEmpty(): void {
    if (this.#taking > 0 || this.#connections.size > 0 || this.#connecting > 0 || this.#waiting.size > 0)
      return;
    this.#timer.stop();
    this.#owner.emptied(this);
  }
}

const stepTimes: Readonly<Record<ConnectStep, keyof ConnectionSteps>> = {
  resolved: 'resolvedAt',
  connected: 'openedAt',
  secured: 'securedAt',
};
