import { SocketError, withDeadline } from '@wirestack/socket';
import { DnsFormatError } from '../errors.ts';
import { decode, decodeHeader } from '../message/decode.ts';
import { encode } from '../message/encode.ts';
import type { Message } from '../message/message.ts';
import { respond } from '../message/query.ts';
import type { Rcode } from '../records/codes.ts';
import type { DnsHandler, RunningQuery } from './query-context.ts';

export interface ResponderOptions {
  /** The most bytes of an answer over UDP, whatever the client says it takes. */
  readonly maxUdpBytes: number;
  /** Milliseconds a handler may take; then SERVFAIL. */
  readonly timeoutMs: number;
  readonly onError: (error: unknown, query: Message | undefined) => void;
}

/** What the server has seen; read it as often as you like. */
export interface DnsServerStats {
  /** Messages that came in. */
  readonly received: number;
  /** Messages that went out. */
  readonly answered: number;
  /** Answered with FORMERR, or too short for that. */
  readonly malformed: number;
  /** Answered with SERVFAIL, because the handler failed or was late. */
  readonly failed: number;
  /** Left without an answer: responses, and what the handler wants none for. */
  readonly ignored: number;
}

/** Bytes of a query → bytes of its answer, whatever carries them. Never throws; an answer that needs no waiting costs no promise. */
export class Responder {
  readonly stats: { -readonly [Name in keyof DnsServerStats]: number } = {
    received: 0,
    answered: 0,
    malformed: 0,
    failed: 0,
    ignored: 0,
  };
  readonly #handler: DnsHandler;
  readonly #options: ResponderOptions;
  readonly #running = new Set<RunningQuery>();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(handler: DnsHandler, options: ResponderOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  /** Queries that wait for their handler. */
  get running(): number {
    return this.#running.size;
  }

  /** `undefined` where there is no answer. */
  answer(bytes: Uint8Array, context: RunningQuery): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.stats.received++;
    // A response is never answered: two servers would go on for ever (RFC 1035 has no rule; every server does this).
    if (bytes.length < headerBytes || (bytes[2] as number) >= 0x80) {
      if (bytes.length < headerBytes) this.stats.malformed++;
      return this.#ignored();
    }
    let query: Message;
    try {
      query = decode(bytes);
    } catch (error) {
      if (!(error instanceof DnsFormatError)) throw error;
      return this.#malformed(bytes);
    }
    // RFC 9619: a query has one question. No other opcode has more. They are not repeated: 512 bytes may not hold them.
    if (query.questions.length > 1 || (query.opcode === 'QUERY' && query.questions.length === 0)) {
      this.stats.malformed++;
      return this.#encode({ ...respond(query, { rcode: 'FORMERR' }), questions: [] }, query, context);
    }
    let answer;
    try {
      answer = this.#handler(query, context);
    } catch (error) {
      return this.#fail(error, query, context);
    }
    if (answer === undefined) return this.#ignored();
    if (!(answer instanceof Promise)) return this.#encode(answer, query, context);
    const pending = this.#later(answer, query, context);
    this.#pending.add(pending);
    void pending.then(() => this.#pending.delete(pending));
    return pending;
  }

  /** Resolves when no query waits for its handler. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** The server ends: handlers need go on no longer. */
  abortAll(reason: unknown): void {
    for (const context of this.#running) context.abort(reason);
  }

  async #later(
    answer: Promise<Message | undefined>,
    query: Message,
    context: RunningQuery,
  ): Promise<Uint8Array | undefined> {
    this.#running.add(context);
    try {
      const message = await withDeadline(answer, { timeoutMs: this.#options.timeoutMs }, (error) => {
        context.isLate = true;
        context.abort(error);
      });
      return message === undefined ? this.#ignored() : this.#encode(message, query, context);
    } catch (error) {
      // The client left, or the server ends: the handler gave up as it was told to, and nobody waits for SERVFAIL.
      if (context.isAborted && !context.isLate) return this.#ignored();
      return this.#fail(error, query, context);
    } finally {
      this.#running.delete(context);
    }
  }

  #encode(answer: Message, query: Message, context: RunningQuery): Uint8Array | undefined {
    try {
      const bytes = encode(answer, { maxSize: context.transport === 'udp' ? this.#udpBytes(query) : 0xffff });
      this.stats.answered++;
      return bytes;
    } catch (error) {
      return this.#fail(error, query, context);
    }
  }

  /** RFC 6891 6.2.3 to 6.2.5: 512 without OPT, and less than that counts as 512. */
  #udpBytes({ edns }: Message): number {
    if (edns === undefined) return 512;
    return Math.min(Math.max(edns.udpPayloadSize, 512), this.#options.maxUdpBytes);
  }

  #ignored(): Uint8Array | undefined {
    this.stats.ignored++;
    return undefined;
  }

  #malformed(bytes: Uint8Array): Uint8Array | undefined {
    this.stats.malformed++;
    const header = decodeHeader(bytes);
    if (header === undefined) return undefined;
    const { id, opcode, recursionDesired } = header;
    this.stats.answered++;
    return encode({ ...emptyResponse, id, opcode, recursionDesired, rcode: 'FORMERR' });
  }

  #fail(error: unknown, query: Message, context: RunningQuery): Uint8Array | undefined {
    this.stats.failed++;
    this.#options.onError(
      error instanceof SocketError && error.code === 'TIMED_OUT' ? late(error) : error,
      query,
    );
    const rcode: Rcode = 'SERVFAIL';
    try {
      this.stats.answered++;
      return encode(respond(query, { rcode }), {
        maxSize: context.transport === 'udp' ? this.#udpBytes(query) : 0xffff,
      });
    } catch {
      // A question that does not fit 512 bytes has no answer.
      this.stats.answered--;
      return undefined;
    }
  }
}

const headerBytes = 12;

const emptyResponse: Omit<Message, 'id' | 'opcode' | 'recursionDesired' | 'rcode'> = {
  isResponse: true,
  isAuthoritative: false,
  isTruncated: false,
  recursionAvailable: false,
  isAuthenticData: false,
  checkingDisabled: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
};

function late(cause: SocketError): Error {
  return new Error('the handler took too long', { cause });
}
