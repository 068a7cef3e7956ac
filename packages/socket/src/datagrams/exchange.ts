import { formatAddress, parseAddress, type Address, type AddressLike } from '../address.ts';
import { startTimer, systemClock, type Clock } from '../clock.ts';
import { expiredAlready, type Deadline } from '../deadline.ts';
import { SocketError, SocketUsageError } from '../errors.ts';
import { inetFamily, inetNtop, inetPton } from '../names/inet-text.ts';
import type { Datagram, DatagramSocket } from './datagram-socket.ts';

export interface RequestDatagramOptions extends Deadline {
  /** Whom to ask, and whose answers count. Not for a connected socket, which has its peer. */
  readonly to?: AddressLike;
  /**
   * How long the first answer is waited for. Default 100, of seed 002, for networks that are near; RFC 8085, section 3.1.1 wants 1,000 where
   * nothing is known of the way.
   */
  readonly firstTimeoutMs?: number;
  /** The longest wait for one answer. Default 2,000, of seed 002. */
  readonly maxTimeoutMs?: number;
  /** How many times as long as the wait before each wait is. Default 2, of seed 002; from 1 on, and 1 only together with `attempts`. */
  readonly factor?: number;
  /**
   * Each wait is longer by up to this fraction of itself, at random, so that many clients do not ask in step: 0.5 is what CoAP has (RFC 7252,
   * section 4.2). Default 0, of seed 002.
   */
  readonly jitter?: number;
  /** How many packets to send at most. Default: as many as have waits within `maxTimeoutMs`, which is five. */
  readonly attempts?: number;
  /** Told before each packet is sent: the first is attempt 1, and its answer is waited for `waitMs`. */
  readonly onAttempt?: (attempt: number, waitMs: number) => void;
  /** Whether a packet is the answer: one that is not is dropped, and listening goes on. Compare an identifier here. Default: any is. */
  readonly accept?: (datagram: Datagram) => boolean;
  /** Default: the process's timers. */
  readonly clock?: Clock;
  /** Numbers from 0 up to 1, for `jitter`. Default `Math.random`. */
  readonly random?: () => number;
}

/** The answer, and how many packets it took to get it. */
export interface DatagramExchange {
  readonly datagram: Datagram;
  readonly attempts: number;
}

/**
 * Sends a packet and waits for its answer; sends it again where none comes, and waits twice as long each time (seed 002).
 *
 * ```
 * send ─ 100 ms ─ send ─ 200 ms ─ send ─ 400 ms ─ send ─ 800 ms ─ send ─ 1,600 ms ─ TIMED_OUT
 * ```
 *
 * Without `attempts` it gives up before the first wait that would be longer than `maxTimeoutMs`; with it, waits stop growing there. Packets of
 * anybody else than whom it asked are dropped: on an unconnected socket everybody may answer (the seed's "overly promiscuous"). So it is not
 * for broadcast. The request may arrive twice, and so may the answer; a late answer to an earlier request is taken for this one's unless
 * `accept` tells them apart.
 *
 * `UNREACHABLE` does not end it, for it may pass ("only a hint, not proof", RFC 1122, section 3.2.2.1); nor does `REFUSED`, which did end the
 * seed's client: a server that restarts is back in a moment, and anybody can forge the ICMP message. The attempt has its wait like any other.
 *
 * @throws SocketError `TIMED_OUT` after the last wait, or at the deadline: the message says how many packets were sent, and the `cause` is the
 * last hint there was; the hint's own code where every attempt met one; `ABORTED`, `NOT_FOUND`, `TOO_LARGE`, `CLOSED`. SocketUsageError `BUSY`,
 * `ATTACHED`, `BAD_ADDRESS`, `BAD_ARGUMENT`.
 */
export async function requestDatagram(
  socket: DatagramSocket,
  data: Uint8Array | string,
  options: RequestDatagramOptions = {},
): Promise<DatagramExchange> {
  const early = expiredAlready(options) ?? wrongOption(options);
  if (early !== undefined) throw early;
  const limit = new Limit(options);
  const hints: SocketError[] = [];
  let attempts = 0;
  try {
    const peer = await peerOf(socket, options.to, limit.signal);
    for (const waitMs of waitsOf(options)) {
      attempts++;
      options.onAttempt?.(attempts, waitMs);
      const hint = await sent(socket, data, options.to === undefined ? undefined : peer, limit.signal);
      const answer = await answerWithin(waitMs, socket, peer, options, limit.signal);
      if ('datagram' in answer) return { datagram: answer.datagram, attempts };
      const last = answer.hint ?? hint;
      if (last !== undefined) hints.push(last);
    }
  } catch (error) {
    if (!limit.isPassed) throw error;
    throw timedOut(`after ${String(options.timeoutMs)} ms`, attempts, options.to, hints.at(-1));
  } finally {
    limit.clear();
  }
  const hint = hints.at(-1);
  if (hint === undefined || hints.length < attempts) throw timedOut('for good', attempts, options.to, hint);
  throw new SocketError(hint.code, `${hint.message} (${packets(attempts)} sent)`, {
    cause: hint,
    ...addressOption(options.to),
  });
}

/** The deadline of the whole exchange, on its clock. */
class Limit {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stopTimer: () => void;
  isPassed = false;

  constructor({ signal, timeoutMs = Infinity, clock = systemClock }: RequestDatagramOptions) {
    this.#outer = signal;
    signal?.addEventListener('abort', this.#onAbort);
    this.#stopTimer = startTimer(clock, timeoutMs, () => {
      this.isPassed = true;
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    this.#stopTimer();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#controller.abort(this.#outer?.reason);
  };
}

/** Sends, and answers what the network says of the peer, which is nothing to give up for. */
async function sent(
  socket: DatagramSocket,
  data: Uint8Array | string,
  to: Address | undefined,
  signal: AbortSignal,
): Promise<SocketError | undefined> {
  try {
    await socket.send(data, to, { signal });
    return undefined;
  } catch (error) {
    if (!isHint(error)) throw error;
  }
  // On a connected socket the kernel tells at the next send what became of the packet before, and sends nothing: so once more.
  try {
    await socket.send(data, to, { signal });
    return undefined;
  } catch (error) {
    if (isHint(error)) return error;
    throw error;
  }
}

/** The first packet that is an answer; else what hint came, if one did, when the wait is over. */
async function answerWithin(
  waitMs: number,
  socket: DatagramSocket,
  peer: Address | undefined,
  { accept, clock = systemClock }: RequestDatagramOptions,
  limit: AbortSignal,
): Promise<{ datagram: Datagram } | { hint: SocketError | undefined }> {
  const wait = new AbortController();
  const stop = (): void => {
    wait.abort(limit.reason);
  };
  limit.addEventListener('abort', stop);
  const stopTimer = startTimer(clock, waitMs, () => {
    wait.abort();
  });
  let hint: SocketError | undefined;
  try {
    for (;;) {
      try {
        const datagram = await socket.receive({ signal: wait.signal });
        const isOfPeer = peer === undefined || isSame(datagram.from, peer);
        if (isOfPeer && (accept === undefined || accept(datagram))) return { datagram };
      } catch (error) {
        if (wait.signal.aborted && !limit.aborted) return { hint };
        if (!isHint(error)) throw error;
        hint = error;
      }
    }
  } finally {
    stopTimer();
    limit.removeEventListener('abort', stop);
  }
}

function isHint(error: unknown): error is SocketError {
  return error instanceof SocketError && (error.code === 'REFUSED' || error.code === 'UNREACHABLE');
}

/** Whose answers count: a name is resolved once, so that all attempts ask the same host. */
async function peerOf(
  socket: DatagramSocket,
  to: AddressLike | undefined,
  signal: AbortSignal,
): Promise<Address | undefined> {
  return to === undefined ? socket.remoteAddress : socket.resolve(to, { signal });
}

/** The same address, however it is written. A zone is not compared: one interface has a name and a number. */
function isSame(a: Address, b: Address): boolean {
  if (!('port' in a) || !('port' in b)) return formatAddress(a) === formatAddress(b);
  return a.port === b.port && canonical(a.host) === canonical(b.host);
}

function canonical(host: string): string {
  const address = host.replace(/%.*/, '');
  if (inetFamily(address) !== 'ipv6') return address;
  // What the kernel tells of a mapped address is the IPv4 one (see inetAddress).
  return inetNtop('ipv6', inetPton('ipv6', address)).replace(/^::ffff:(?=.*\.)/, '');
}

function wrongOption(options: RequestDatagramOptions): SocketUsageError | undefined {
  const { firstTimeoutMs = 100, maxTimeoutMs = 2_000, factor = 2, jitter = 0, attempts } = options;
  const wrong = (what: string, value: number, expected: string): SocketUsageError =>
    new SocketUsageError('BAD_ARGUMENT', `${what} is ${String(value)}, expected ${expected}`);
  if (!(firstTimeoutMs > 0)) return wrong('firstTimeoutMs', firstTimeoutMs, 'more than 0');
  if (!(maxTimeoutMs > 0 && maxTimeoutMs < Infinity))
    return wrong('maxTimeoutMs', maxTimeoutMs, 'more than 0');
  if (!(jitter >= 0)) return wrong('jitter', jitter, '0 or more');
  if (attempts === undefined)
    return factor > 1 ? undefined : wrong('factor', factor, 'more than 1, or attempts');
  if (!(factor >= 1)) return wrong('factor', factor, '1 or more');
  return Number.isInteger(attempts) && attempts >= 1 ? undefined : wrong('attempts', attempts, '1 or more');
}

/** How long to wait after each packet. */
function* waitsOf(options: RequestDatagramOptions): Generator<number, void, undefined> {
  const { firstTimeoutMs = 100, maxTimeoutMs = 2_000, factor = 2, jitter = 0, attempts } = options;
  const { random = Math.random } = options;
  let waitMs = Math.min(firstTimeoutMs, maxTimeoutMs);
  for (let made = 0; attempts === undefined ? waitMs <= maxTimeoutMs : made < attempts; made++) {
    yield Math.min(waitMs, maxTimeoutMs) * (1 + jitter * random());
    waitMs *= factor;
  }
}

function timedOut(
  why: string,
  attempts: number,
  to: AddressLike | undefined,
  cause: SocketError | undefined,
): SocketError {
  return new SocketError('TIMED_OUT', `no answer ${why}: ${packets(attempts)} sent`, {
    ...(cause === undefined ? {} : { cause }),
    ...addressOption(to),
  });
}

function packets(count: number): string {
  return count === 1 ? '1 packet' : `${String(count)} packets`;
}

function addressOption(to: AddressLike | undefined): { address?: string } {
  return to === undefined
    ? {}
    : { address: typeof to === 'string' ? to : formatAddress(parseAddress(to, ['udp'])) };
}
