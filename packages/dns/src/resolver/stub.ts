import { randomInt } from 'node:crypto';
import { formatAddress, parseAddress, SocketError, type AddressLike, type Deadline } from '@wirestack/socket';
import { DnsUsageError } from '../errors.ts';
import type { Message, Question } from '../message/message.ts';
import { query as queryMessage } from '../message/query.ts';
import { Name } from '../name.ts';
import type { QuestionType, RecordClass, RecordType } from '../records/record.ts';
import { readAnswer, type Resolution } from './answer.ts';
import { isAddress, readResolvConf, type ResolverConfig } from './config.ts';
import { DnsResolveError } from './errors.ts';
import { mixCase } from './mixed-case.ts';
import { candidates } from './search.ts';
import { ServerRounds } from './server-rounds.ts';
import { exchange, type Exchange, type ServerAddress } from './transport.ts';

export interface StubResolverOptions {
  /**
   * Recursive servers, in order of preference: IP addresses, with a port or for port 53. Where they are left out, all that is left out
   * is what `/etc/resolv.conf` says.
   */
  readonly servers?: readonly AddressLike[];
  /** Milliseconds for a server's first try; each round doubles them. Default 5,000, as glibc: slow recursion takes seconds, not one. */
  readonly timeoutMs?: number;
  /** Rounds through the servers that keep silent. Default 2, as glibc: 15 s in all for one server. */
  readonly attempts?: number;
  /** Suffixes for names without a final dot. Default none. */
  readonly search?: readonly (string | Name)[];
  /** Names with as many dots are tried as they are before the suffixes. Default 1. */
  readonly ndots?: number;
  /** Each question begins with another server. Default false. */
  readonly rotate?: boolean;
  /** TCP from the start. Default false. */
  readonly useTcp?: boolean;
  /** What OPT says this side takes over UDP, bytes; `undefined` sends no OPT. Default 1,232, which no path fragments (DNS flag day 2020). */
  readonly ednsPayloadBytes?: number | undefined;
  /**
   * Sends names in mixed case and takes only replies that repeat it: about a bit a letter more for a forger to guess. Default false: some
   * servers do not repeat it, and could then not be used.
   */
  readonly mixCase?: boolean;
  /** Default: one socket a query, see `exchange`. */
  readonly exchange?: Exchange;
  /** A whole number below the one given, that nobody can guess. Default `randomInt` of `node:crypto`. */
  readonly random?: (below: number) => number;
  /** Milliseconds of a clock that does not jump, for the deadline of a whole question. Default `performance.now`. */
  readonly now?: () => number;
}

export interface QuestionOptions extends Deadline {
  /** Default `IN`. */
  readonly class?: RecordClass;
  /** Takes the name as it is. Default false. */
  readonly noSearch?: boolean;
}

/** Counted since the resolver was made. */
export interface StubResolverStats {
  /** Queries sent, over UDP and TCP. */
  readonly queries: number;
  /** Of those, sent over TCP. */
  readonly tcpQueries: number;
  /** Messages that arrived and were not the reply: broken, late or forged. */
  readonly ignored: number;
}

/**
 * Asks recursive servers, as resolv.conf(5) has it, and remembers nothing (RFC 1034 5.3.1).
 *
 * Each try goes over UDP to one server; a server that keeps silent is asked again in the next round, for twice as long; one that fails or
 * refuses is not. A truncated reply is fetched over TCP from the same server; one that rejects EDNS is asked once more without.
 */
export class StubResolver {
  readonly #servers: readonly ServerAddress[];
  readonly #search: readonly Name[];
  readonly #ndots: number;
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #rotate: boolean;
  readonly #useTcp: boolean;
  readonly #ednsPayloadBytes: number | undefined;
  readonly #mixCase: boolean;
  readonly #exchange: Exchange;
  readonly #random: (below: number) => number;
  readonly #now: () => number;
  readonly #stats = { queries: 0, tcpQueries: 0, ignored: 0 };
  #next = 0;

  /** @throws DnsUsageError `BAD_ARGUMENT` for a server that is no IP address, or none at all; `BAD_NAME` for a bad suffix. */
  constructor(options: StubResolverOptions = {}) {
    const config: Partial<ResolverConfig> = options.servers === undefined ? readResolvConf() : {};
    const merged = { ...config, ...options };
    this.#servers = (options.servers ?? config.servers ?? []).map(serverAddress);
    if (this.#servers.length === 0) throw new DnsUsageError('BAD_ARGUMENT', 'no servers to ask');
    this.#search = (merged.search ?? []).map((suffix) => Name.from(suffix));
    this.#ndots = checked('ndots', merged.ndots ?? 1, 0);
    this.#timeoutMs = checked('timeoutMs', merged.timeoutMs ?? 5000, 1);
    this.#attempts = checked('attempts', merged.attempts ?? 2, 1);
    this.#rotate = merged.rotate ?? false;
    this.#useTcp = merged.useTcp ?? false;
    this.#ednsPayloadBytes = 'ednsPayloadBytes' in options ? options.ednsPayloadBytes : 1232;
    this.#mixCase = options.mixCase ?? false;
    this.#exchange = options.exchange ?? exchange;
    this.#random = options.random ?? randomInt;
    this.#now = options.now ?? (() => performance.now());
  }

  get stats(): StubResolverStats {
    return { ...this.#stats };
  }

  /**
   * The records of a name, through its aliases: `(await resolver.resolve('example.com', 'MX')).records[0].exchange`.
   *
   * Where the name is short, it is tried with each suffix until one has such records.
   *
   * @throws DnsResolveError: of every code, see there. DnsUsageError `BAD_NAME`, `BAD_ARGUMENT`.
   */
  async resolve<Type extends RecordType>(
    name: string | Name,
    type: Type,
    options: QuestionOptions = {},
  ): Promise<Resolution<Type>> {
    const deadline = this.#begin(options);
    let failure: DnsResolveError | undefined;
    for (const question of this.#questions(name, type, options)) {
      const { response, server } = await this.#ask(question, deadline);
      try {
        return readAnswer(response, question, server);
      } catch (error) {
        // Only what says that there is nothing leads to the next suffix: a server's trouble must not change what a name means.
        if (!isNegative(error)) throw error;
        // That some name exists is worth more than that another does not.
        if (failure?.code !== 'NODATA') failure = error;
      }
    }
    throw failure as DnsResolveError;
  }

  /**
   * The whole response, of code NOERROR or NXDOMAIN, whatever its sections hold: nothing is dropped and no alias followed.
   *
   * Where the name is short, it is tried with each suffix until one has an answer; the response to the last is given otherwise.
   *
   * @throws as {@link resolve}, except `NXDOMAIN` and `NODATA`.
   */
  async query(name: string | Name, type: QuestionType, options: QuestionOptions = {}): Promise<Message> {
    const deadline = this.#begin(options);
    let last: Message | undefined;
    for (const question of this.#questions(name, type, options)) {
      const { response } = await this.#ask(question, deadline);
      if (response.rcode === 'NOERROR' && response.answers.length > 0) return response;
      if (last?.rcode !== 'NOERROR') last = response;
    }
    return last as Message;
  }

  #begin(options: QuestionOptions): QuestionDeadline {
    const { signal, timeoutMs = Infinity } = options;
    if (!(timeoutMs >= 0)) {
      throw new DnsUsageError('BAD_ARGUMENT', `timeoutMs is ${String(timeoutMs)}, expected 0 or more`);
    }
    return { signal, end: this.#now() + timeoutMs };
  }

  #questions<Type extends QuestionType>(
    name: string | Name,
    type: Type,
    options: QuestionOptions,
  ): readonly (Question & { readonly type: Type })[] {
    if (type === 'AXFR' || type === 'IXFR') {
      throw new DnsUsageError('BAD_ARGUMENT', `${type} is a transfer, not a question for a resolver`);
    }
    const { class: questionClass = 'IN', noSearch = false } = options;
    const names = candidates(name, noSearch ? [] : this.#search, this.#ndots);
    return names.map((candidate) => ({ name: candidate, type, class: questionClass }));
  }

  /** Asks server after server, round after round, until one answers. */
  async #ask(question: Question, deadline: QuestionDeadline): Promise<{ response: Message; server: string }> {
    const first = this.#rotate ? this.#next++ % this.#servers.length : 0;
    const rounds = new ServerRounds(this.#servers, first, this.#attempts, this.#timeoutMs);
    for (let turn = rounds.next(); turn !== undefined; turn = rounds.next()) {
      const { server, timeoutMs } = turn;
      try {
        const response = await this.#askServer(question, server, timeoutMs, deadline);
        const failure = failureOf(response, question, formatServer(server));
        if (failure === undefined) return { response, server: formatServer(server) };
        rounds.failed(server, failure);
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        const failure = failureOfSocket(error, question, formatServer(server));
        if (failure.code === 'ABORTED') throw failure;
        if (this.#now() >= deadline.end) throw timedOut(question, error);
        if (failure.code === 'TIMED_OUT') rounds.silent(failure);
        else rounds.failed(server, failure);
      }
    }
    throw rounds.failure;
  }

  async #askServer(
    question: Question,
    server: ServerAddress,
    timeoutMs: number,
    deadline: QuestionDeadline,
  ): Promise<Message> {
    let via: 'udp' | 'tcp' = this.#useTcp ? 'tcp' : 'udp';
    let hasEdns = this.#ednsPayloadBytes !== undefined;
    for (;;) {
      const response = await this.#send(question, server, via, hasEdns, timeoutMs, deadline);
      if (hasEdns && rejectsEdns(response)) hasEdns = false;
      else if (via === 'udp' && response.isTruncated) via = 'tcp';
      else return response;
    }
  }

  async #send(
    question: Question,
    server: ServerAddress,
    via: 'udp' | 'tcp',
    hasEdns: boolean,
    timeoutMs: number,
    deadline: QuestionDeadline,
  ): Promise<Message> {
    if (deadline.signal?.aborted === true) {
      throw new SocketError('ABORTED', 'aborted before a query was sent', { cause: deadline.signal.reason });
    }
    const left = deadline.end - this.#now();
    if (left <= 0) throw new SocketError('TIMED_OUT', 'the deadline passed');
    const message = queryMessage(
      this.#mixCase ? mixCase(question.name, this.#random) : question.name,
      question.type,
      {
        id: this.#random(0x10000),
        class: question.class,
        edns: hasEdns ? { udpPayloadSize: this.#ednsPayloadBytes as number } : undefined,
      },
    );
    this.#stats.queries++;
    if (via === 'tcp') this.#stats.tcpQueries++;
    return this.#exchange(message, server, via, {
      signal: deadline.signal,
      timeoutMs: Math.min(timeoutMs, left),
      exactCase: this.#mixCase,
      onIgnored: () => {
        this.#stats.ignored++;
      },
    });
  }
}

interface QuestionDeadline {
  readonly signal: AbortSignal | undefined;
  /** On the clock `now`. */
  readonly end: number;
}

/** RFC 6891 7: FORMERR of servers older than EDNS; some say NOTIMP. */
function rejectsEdns({ rcode }: Message): boolean {
  return rcode === 'FORMERR' || rcode === 'NOTIMP' || rcode === 'BADVERS';
}

/** Why a response is no answer, so that another server is asked. */
function failureOf(response: Message, question: Question, server: string): DnsResolveError | undefined {
  const { rcode } = response;
  const details = { question, server };
  if (response.isTruncated) return new DnsResolveError('BAD_RESPONSE', 'truncated over TCP', details);
  if (rcode === 'SERVFAIL' || rcode === 'REFUSED') {
    return new DnsResolveError(rcode, `${server} answered ${rcode}`, details);
  }
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') {
    return new DnsResolveError('BAD_RESPONSE', `${server} answered ${rcode}`, details);
  }
  // A referral: the server wants to be asked by somebody who recurses. Without records it says nothing about the name.
  const isReferral =
    rcode === 'NOERROR' &&
    response.answers.length === 0 &&
    !response.isAuthoritative &&
    !response.recursionAvailable &&
    response.authorities.some(({ type }) => type === 'NS') &&
    !response.authorities.some(({ type }) => type === 'SOA');
  return isReferral
    ? new DnsResolveError('BAD_RESPONSE', `${server} refers to others: it does not recurse`, details)
    : undefined;
}

function failureOfSocket(error: SocketError, question: Question, server: string): DnsResolveError {
  if (error.code === 'ABORTED') {
    return new DnsResolveError('ABORTED', error.message, { question, cause: error.cause });
  }
  if (error.code === 'TIMED_OUT') return timedOut(question, error);
  const message = `${server} cannot be reached: ${error.message}`;
  return new DnsResolveError('UNREACHABLE', message, { question, server, cause: error });
}

function timedOut(question: Question, cause: SocketError): DnsResolveError {
  return new DnsResolveError('TIMED_OUT', 'no server answered in time', { question, cause });
}

function isNegative(error: unknown): error is DnsResolveError {
  return error instanceof DnsResolveError && (error.code === 'NXDOMAIN' || error.code === 'NODATA');
}

function serverAddress(address: AddressLike): ServerAddress {
  if (typeof address === 'string' && isAddress(address)) return { host: address, port: 53 };
  const endpoint = parseAddress(address, ['udp', 'tcp']);
  if (endpoint.kind === 'inet' && isAddress(endpoint.host) && endpoint.port > 0) {
    return { host: endpoint.host, port: endpoint.port };
  }
  throw new DnsUsageError(
    'BAD_ARGUMENT',
    `${formatAddress(endpoint)}: a server is an IP address and a port, as nobody could resolve its name`,
  );
}

function formatServer({ host, port }: ServerAddress): string {
  return formatAddress({ kind: 'inet', host, port });
}

function checked(name: string, value: number, least: number): number {
  if (value >= least && (name === 'timeoutMs' || Number.isSafeInteger(value))) return value;
  throw new DnsUsageError('BAD_ARGUMENT', `${name} is ${String(value)}, expected ${String(least)} or more`);
}
