import {
  bind,
  formatAddress,
  serve,
  SocketError,
  withDeadline,
  type Address,
  type AddressLike,
  type ByteStream,
  type DatagramSocket,
  type Deadline,
  type RunningServer,
} from '@wirestack/socket';
import { DnsUsageError } from '../errors.ts';
import type { Message } from '../message/message.ts';
import { RunningQuery, type DnsHandler } from './query-context.ts';
import { Responder, type DnsServerStats } from './responder.ts';
import { TcpConnection } from './tcp-connection.ts';

export interface ServeDnsOptions {
  /** Default both: a server that does not answer over TCP cannot give a large answer (RFC 7766 5). */
  readonly transports?: readonly ('udp' | 'tcp')[];
  /**
   * The most bytes of an answer over UDP, whatever the client says it takes: 512 to 65,507, which a packet of IPv4 carries. Default 1,232:
   * no path cuts that up (DNS flag day 2020).
   */
  readonly maxUdpBytes?: number;
  /** Milliseconds that a handler may take; then SERVFAIL. Default 4,000: resolvers ask again after 5 s, glibc's first. */
  readonly handlerTimeoutMs?: number;
  /** UDP queries that wait for their handler; more are dropped, as the network drops. Default 10,000. */
  readonly maxUdpRunning?: number;
  /** TCP connections; a new one then takes the place of the one idle longest, so that slow clients shut nobody out. Default 1,000. */
  readonly maxTcpConnections?: number;
  /** Queries of one TCP connection that run at the same time; then it is read no further. Default 100, as unbound's `incoming-num-tcp`-sized slots. */
  readonly maxTcpRunning?: number;
  /** Milliseconds without a whole query, or without an answer being taken, after which a TCP connection is ended. Default 10,000; RFC 7766 6.2.3 wants "a few seconds". */
  readonly tcpIdleMs?: number;
  /** Told what a handler threw, or that it was late. Default: written to stderr. */
  readonly onError?: (error: unknown, query: Message | undefined) => void;
}

export interface DnsServer extends AsyncDisposable {
  /** The same for UDP and TCP. */
  readonly address: Address;
  readonly stats: DnsServerStats;
  /** TCP connections open now. */
  readonly connections: number;
  /**
   * Stops taking queries, answers those that run, and ends; what is left when the deadline passes is aborted. A TCP client that was still
   * sending has `tcpIdleMs` to read its answers and close.
   */
  drain(options?: Deadline): Promise<void>;
  /** Ends at once: TCP clients whose queries run, or who have not taken their answers, are reset. */
  close(): Promise<void>;
}

/**
 * Serves DNS over UDP and TCP at one address: `serveDns('127.0.0.1:5353', authoritative([zone]))`. Port 0 lets the kernel choose one
 * that is free for both.
 *
 * A message that is none is answered with FORMERR where it has an id, a response is never answered, a query without exactly one question
 * gets FORMERR; all others are the handler's. An answer is cut to what its transport takes, with TC.
 *
 * @throws SocketError `IN_USE` `PERMISSION` `UNAVAILABLE` `NOT_FOUND`; DnsUsageError `BAD_ARGUMENT`.
 */
export async function serveDns(
  address: AddressLike,
  handler: DnsHandler,
  options: ServeDnsOptions = {},
): Promise<DnsServer> {
  const settings = settle(options);
  const responder = new Responder(handler, {
    maxUdpBytes: settings.maxUdpBytes,
    timeoutMs: settings.handlerTimeoutMs,
    onError: settings.onError,
  });
  const connections = new TcpConnections(responder, settings);
  const { tcp, udp } = await openBoth(address, settings.transports, connections);
  udp?.attach(new UdpReceiver(udp, responder, settings.maxUdpRunning));
  return new RunningDnsServer(responder, connections, tcp, udp);
}

type Settings = Required<ServeDnsOptions>;

/** What IPv4 carries of 65,535 bytes, behind 20 of its own and 8 of UDP's (RFC 791, RFC 768). IPv6 carries 20 more. */
const maxDatagramBytes = 65_507;

function settle(options: ServeDnsOptions): Settings {
  const settings: Settings = {
    transports: ['udp', 'tcp'],
    maxUdpBytes: 1232,
    handlerTimeoutMs: 4000,
    maxUdpRunning: 10_000,
    maxTcpConnections: 1000,
    maxTcpRunning: 100,
    tcpIdleMs: 10_000,
    onError: (error) => {
      console.error(error);
    },
    ...options,
  };
  const { maxUdpBytes, handlerTimeoutMs, maxUdpRunning, maxTcpConnections, maxTcpRunning, tcpIdleMs } =
    settings;
  if (!(maxUdpBytes >= 512 && maxUdpBytes <= maxDatagramBytes)) {
    throw new DnsUsageError(
      'BAD_ARGUMENT',
      `maxUdpBytes is ${String(maxUdpBytes)}, expected 512 to ${String(maxDatagramBytes)}`,
    );
  }
  const positive = { handlerTimeoutMs, maxUdpRunning, maxTcpConnections, maxTcpRunning, tcpIdleMs };
  for (const [name, value] of Object.entries(positive)) {
    if (!(value >= 1))
      throw new DnsUsageError('BAD_ARGUMENT', `${name} is ${String(value)}, expected 1 or more`);
  }
  if (settings.transports.length === 0) throw new DnsUsageError('BAD_ARGUMENT', 'transports is empty');
  return settings;
}

/** A port that the kernel chose for TCP may be another's for UDP: then the next one is tried. */
const maxPortTries = 16;

async function openBoth(
  address: AddressLike,
  transports: readonly string[],
  connections: TcpConnections,
): Promise<{ tcp: RunningServer | undefined; udp: DatagramSocket | undefined }> {
  for (let attempt = 1; ; attempt++) {
    const tcp = transports.includes('tcp')
      ? await serve(streamAddress(address), (stream) => {
          connections.add(stream);
          return undefined;
        })
      : undefined;
    if (!transports.includes('udp')) return { tcp, udp: undefined };
    const at = tcp === undefined ? datagramAddress(address) : tcp.address;
    try {
      return { tcp, udp: await bind(at) };
    } catch (error) {
      await tcp?.close();
      const isTaken = error instanceof SocketError && error.code === 'IN_USE';
      if (!isTaken || !wantsAnyPort(address) || attempt === maxPortTries) throw error;
    }
  }
}

/** Text may say `udp://` or `tcp://`: here it means both. */
function streamAddress(address: AddressLike): AddressLike {
  return typeof address === 'string' ? address.replace(/^udp:\/\//, 'tcp://') : address;
}

function datagramAddress(address: AddressLike): AddressLike {
  return typeof address === 'string' ? address.replace(/^tcp:\/\//, 'udp://') : address;
}

function wantsAnyPort(address: AddressLike): boolean {
  return typeof address === 'string' ? address.endsWith(':0') : 'port' in address && address.port === 0;
}

class UdpReceiver {
  readonly #socket: DatagramSocket;
  readonly #responder: Responder;
  readonly #maxRunning: number;
  /** Without those over TCP: slow answers to one client over there must not cost those here theirs. */
  #running = 0;

  constructor(socket: DatagramSocket, responder: Responder, maxRunning: number) {
    this.#socket = socket;
    this.#responder = responder;
    this.#maxRunning = maxRunning;
  }

  datagram(data: Uint8Array, from: Address): void {
    // Port 0 means that no answer is wanted (RFC 768); the system refuses to send there.
    if (this.#running >= this.#maxRunning || ('port' in from && from.port === 0)) {
      this.#responder.stats.ignored++;
      return;
    }
    const answer = this.#responder.answer(data, new RunningQuery('udp', from));
    if (answer instanceof Promise) {
      this.#running++;
      void answer.then((bytes) => {
        this.#running--;
        if (bytes !== undefined) this.#post(bytes, from);
      });
    } else if (answer !== undefined) {
      this.#post(answer, from);
    }
  }

  /** An IPv6 socket reaches a client of IPv4 by its mapped address only (RFC 4291 2.5.5.2). */
  #post(bytes: Uint8Array, to: Address): void {
    const isMapped = to.family === 'ipv4' && this.#socket.localAddress.family === 'ipv6';
    this.#socket.post(bytes, isMapped ? { ...to, family: 'ipv6', host: `::ffff:${to.host}` } : to);
  }
}

/** The TCP clients: how many, and which of them have been idle too long. */
class TcpConnections {
  readonly #open = new Set<TcpConnection>();
  readonly #responder: Responder;
  readonly #settings: Settings;
  #sweep: ReturnType<typeof setInterval> | undefined;

  constructor(responder: Responder, settings: Settings) {
    this.#responder = responder;
    this.#settings = settings;
  }

  get size(): number {
    return this.#open.size;
  }

  add(stream: ByteStream): void {
    if (this.#open.size >= this.#settings.maxTcpConnections) this.#evict();
    const connection = new TcpConnection(stream, this.#responder, this.#settings.maxTcpRunning, now);
    this.#open.add(connection);
    this.#sweep ??= this.#startSweep();
    const forget = (): void => {
      this.#open.delete(connection);
      if (this.#open.size > 0) return;
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    };
    stream.closed.then(forget, forget);
  }

  /** Ends each as soon as it has nothing to wait for. */
  finishAll(): void {
    for (const connection of this.#open) connection.finish();
  }

  /** In order where nothing is lost by it, and no more is waited for. */
  endAll(reason: Error): void {
    for (const connection of this.#open) {
      if (connection.isIdle) connection.close();
      else connection.abort(reason);
    }
    this.#open.clear();
    clearInterval(this.#sweep);
  }

  #evict(): void {
    let oldest: TcpConnection | undefined;
    for (const connection of this.#open) {
      if (oldest === undefined || connection.activeAt < oldest.activeAt) oldest = connection;
    }
    if (oldest === undefined) return;
    this.#open.delete(oldest);
    oldest.abort(new Error('idle longest of too many connections'));
  }

  #startSweep(): ReturnType<typeof setInterval> {
    const timer = setInterval(
      () => {
        const before = now() - this.#settings.tcpIdleMs;
        for (const connection of this.#open) {
          if (connection.activeAt > before) continue;
          if (connection.isIdle) connection.close();
          // Those that wait for their handler have its limit.
          else if (connection.isBlocked) connection.abort(new Error('takes no answers'));
        }
      },
      Math.min(1000, this.#settings.tcpIdleMs),
    );
    timer.unref();
    return timer;
  }
}

function now(): number {
  return performance.now();
}

class RunningDnsServer implements DnsServer {
  readonly address: Address;
  readonly stats: DnsServerStats;
  readonly #responder: Responder;
  readonly #connections: TcpConnections;
  readonly #tcp: RunningServer | undefined;
  readonly #udp: DatagramSocket | undefined;

  constructor(
    responder: Responder,
    connections: TcpConnections,
    tcp: RunningServer | undefined,
    udp: DatagramSocket | undefined,
  ) {
    this.#responder = responder;
    this.#connections = connections;
    this.#tcp = tcp;
    this.#udp = udp;
    this.address = (tcp?.address ?? udp?.localAddress) as Address;
    this.stats = responder.stats;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async drain(options: Deadline = {}): Promise<void> {
    this.#udp?.attach({ datagram: () => undefined });
    const drained = this.#tcp?.drain(options);
    this.#connections.finishAll();
    try {
      await Promise.all([drained, withDeadline(this.#responder.idle(), options, () => undefined)]);
      // The last datagrams leave in this turn of the event loop, unless the socket is closed before.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const reason = new Error(`the server at ${formatAddress(this.address)} ends`);
    this.#responder.abortAll(reason);
    const closed = this.#tcp?.close();
    this.#connections.endAll(reason);
    await Promise.all([closed, this.#udp?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
