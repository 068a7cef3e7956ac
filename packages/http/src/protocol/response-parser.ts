import type { Decoder } from '@wirestack/framing/codecs';
import { HttpProtocolError, HttpUsageError } from '../errors.ts';
import { BodyReader } from './body-reader.ts';
import type { ReceivedResponse, ResponseEvent } from './events.ts';
import { Input } from './input.ts';
import type { Leniency } from './leniency.ts';
import { limitsFrom, type MessageLimits } from './limits.ts';
import { ResponseHeadParser } from './response-head-parser.ts';

/** What a parser of responses takes. */
export interface ResponseParserOptions extends Partial<MessageLimits>, Leniency {
  /** Informational responses to one request. Default 32: a server that sends 102 each second is cut off, one that sends 103s is not. */
  readonly maxInformational?: number | undefined;
}

/** A request whose answer is to come: what decides where that ends. */
interface Expected {
  readonly method: string;
  mayUpgrade: boolean;
}

/**
 * Bytes of a server in, responses out: RFC 9112, as strict as `RequestParser`, without I/O. Where a response ends depends on the request it belongs
 * to, so each is told by {@link expect} before its answer can come.
 *
 * What it says never depends on how the bytes were cut, but for the size of `data`. After an error it stays failed: what follows on the connection
 * cannot be told apart from a forged response. After `upgrade` it says nothing more, and {@link takeRest} has the bytes.
 */
export class ResponseParser implements Decoder<ResponseEvent> {
  readonly #input = new Input('response');
  readonly #heads: ResponseHeadParser;
  readonly #body: BodyReader;
  readonly #maxInformational: number;
  readonly #expected: Expected[] = [];
  #informational = 0;
  #isUpgraded = false;
  #failure: HttpProtocolError | undefined;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: ResponseParserOptions = {}) {
    const rules = limitsFrom(options);
    const { maxInformational = 32 } = options;
    if (!(maxInformational >= 0)) {
      const message = `maxInformational is ${String(maxInformational)}, expected 0 or more`;
      throw new HttpUsageError('BAD_OPTION', message);
    }
    this.#maxInformational = maxInformational;
    this.#heads = new ResponseHeadParser(rules);
    this.#body = new BodyReader(rules);
  }

  get bufferedBytes(): number {
    return this.#input.length;
  }

  /** Inside a head: begun and not complete. */
  get isInHead(): boolean {
    return !this.#body.isActive && this.#heads.hasBegun;
  }

  /** No response is due. */
  get isIdle(): boolean {
    return this.#expected.length === 0 && !this.#body.isActive;
  }

  /** Behind the responses expected so far there will be one to a request with `method`. */
  expect(method: string): void {
    this.#expected.push({ method, mayUpgrade: false });
  }

  /** The request told last has Upgrade and is complete: 101 may answer it (RFC 9110 7.8). */
  expectUpgrade(): void {
    const last = this.#expected.at(-1);
    if (last !== undefined) last.mayUpgrade = true;
  }

  /** The responses that were expected and have not begun will not come; bytes of any are {@link HttpProtocolError} `UNSOLICITED` from now on. */
  expectNoMore(): void {
    this.#expected.length = 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#input.push(chunk);
  }

  /**
   * @throws HttpProtocolError once the bytes can never become the responses expected, and ever after; `UNSOLICITED` for bytes where none is, and for
   *   a 101 that was not asked for; `TOO_MANY_INFORMATIONAL`
   */
  next(): ResponseEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#isUpgraded) return undefined;
      return this.#body.isActive ? this.#body.next(this.#input) : this.#head();
    } catch (error) {
      if (error instanceof HttpProtocolError) this.#fail(error);
      throw error;
    }
  }

  /** @throws HttpProtocolError `TRUNCATED` where the input ends before the end of a response that is expected. */
  end(): ResponseEvent | undefined {
    const event = this.next() ?? this.#body.inputEnd();
    if (event !== undefined || this.isIdle || this.#isUpgraded) return event;
    return this.#fail(
      this.#input.fault('TRUNCATED', 'the input ended before the response did', this.#input.end),
    );
  }

  /** All bytes that are not parsed, which are then somebody else's: another protocol follows. */
  takeRest(): Uint8Array {
    return this.#input.take();
  }

  #head(): ResponseEvent | undefined {
    const input = this.#input;
    if (input.length === 0) return undefined;
    const expected = this.#expected[0];
    const { position } = input;
    if (expected === undefined) throw input.fault('UNSOLICITED', 'a response to no request', position);
    const head = this.#heads.next(input, expected.method);
    if (head === undefined) return undefined;
    if (head.status === 101) return this.#upgrade(head, expected, position);
    if (head.status < 200) {
      if (++this.#informational <= this.#maxInformational) return { type: 'informational', head };
      const message = `more than ${String(this.#maxInformational)} informational responses`;
      throw input.fault('TOO_MANY_INFORMATIONAL', message, position);
    }
    this.#informational = 0;
    this.#expected.shift();
    if (expected.method === 'CONNECT' && head.status < 300) {
      this.#isUpgraded = true;
      return { type: 'upgrade', head };
    }
    this.#body.begin(head.framing, head.contentLength);
    return head;
  }

  #upgrade(head: ReceivedResponse, expected: Expected, position: number): ResponseEvent {
    if (!expected.mayUpgrade || head.version === '1.0') {
      throw this.#input.fault('UNSOLICITED', 'a change of protocol that was not asked for', position);
    }
    this.#expected.shift();
    this.#isUpgraded = true;
    return { type: 'upgrade', head };
  }

  #fail(error: HttpProtocolError): never {
    this.#failure = error;
    this.#input.clear();
    throw error;
  }
}
