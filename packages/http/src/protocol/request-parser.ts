import type { Decoder } from '@wirestack/framing/codecs';
import { HttpProtocolError } from '../errors.ts';
import { BodyReader } from './body-reader.ts';
import type { RequestEvent } from './events.ts';
import { HeadParser } from './head-parser.ts';
import { Input } from './input.ts';
import type { Leniency } from './leniency.ts';
import { limitsFrom, type MessageLimits, type MessageRules } from './limits.ts';

/**
 * Bytes of a client in, requests out: RFC 9112, strict, without I/O. It answers `head`, `data` …, perhaps `trailers`, and `end` for each
 * request, one after the other, as any `Decoder` answers frames.
 *
 * What it says never depends on how the bytes were cut, but for the size of `data`. After an error it stays failed: what follows on
 * the connection cannot be told apart from a forged request.
 */
export class RequestParser implements Decoder<RequestEvent> {
  readonly #input = new Input();
  readonly #rules: MessageRules;
  /** Made when it is needed: see {@link relax}. */
  #heads: HeadParser | undefined;
  readonly #body: BodyReader;
  #failure: HttpProtocolError | undefined;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: Partial<MessageLimits> & Leniency = {}) {
    const rules = limitsFrom(options);
    this.#rules = rules;
    this.#body = new BodyReader(rules);
  }

  get bufferedBytes(): number {
    return this.#input.length;
  }

  /** Between two requests, with nothing of the next one seen. */
  get isIdle(): boolean {
    return !this.#body.isActive && this.#heads?.hasBegun !== true;
  }

  /** Inside a head: begun and not complete. */
  get isInHead(): boolean {
    return !this.#body.isActive && this.#heads?.hasBegun === true;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#input.push(chunk);
  }

  /** @throws HttpProtocolError once the bytes can never become a request, and ever after. */
  next(): RequestEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#body.isActive ? this.#body.next(this.#input) : this.#head();
    } catch (error) {
      if (error instanceof HttpProtocolError) this.#fail(error);
      throw error;
    }
  }

  /**
   * Lets go, between two requests, of what can be made again: the last chunk, and half a kilobyte. For connections that wait for long; it costs the next head
   * half a microsecond.
   */
  relax(): void {
    if (!this.isIdle || this.#input.length > 0 || this.#heads?.isFresh === false) return;
    this.#heads = undefined;
    this.#input.release();
  }

  /** All bytes that are not parsed, which are then somebody else's: another protocol follows. */
  takeRest(): Uint8Array {
    return this.#input.take();
  }

  /** @throws HttpProtocolError `TRUNCATED` where the input ends inside a request. */
  end(): RequestEvent | undefined {
    const event = this.next();
    if (event !== undefined || this.isIdle) return event;
    const { end } = this.#input;
    return this.#fail(this.#input.fault('TRUNCATED', 'the input ended inside a request', end));
  }

  #head(): RequestEvent | undefined {
    if (this.#input.length === 0) return undefined;
    const heads = (this.#heads ??= new HeadParser(this.#rules));
    const head = heads.next(this.#input);
    if (head !== undefined) this.#body.begin(head.framing, head.contentLength);
    return head;
  }

  #fail(error: HttpProtocolError): never {
    this.#failure = error;
    this.#input.clear();
    throw error;
  }
}
