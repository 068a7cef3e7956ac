import type { Decoder } from '@wirestack/framing/codecs';
import { HttpProtocolError } from '../errors.ts';
import { ChunkedReader } from './chunked-reader.ts';
import { endEvent, type RequestEvent } from './events.ts';
import { HeadParser } from './head-parser.ts';
import { Input } from './input.ts';
import { limitsFrom, type MessageLimits } from './limits.ts';

/**
 * Bytes of a client in, requests out: RFC 9112, strict, without I/O. It answers `head`, `data` …, perhaps `trailers`, and `end` for each
 * request, one after the other, as any `Decoder` answers frames.
 *
 * What it says never depends on how the bytes were cut, but for the size of `data`. After an error it stays failed: what follows on
 * the connection cannot be told apart from a forged request.
 */
export class RequestParser implements Decoder<RequestEvent> {
  readonly #input = new Input();
  readonly #heads: HeadParser;
  readonly #limits: MessageLimits;
  /** Made for the first body that needs it: most connections never do. */
  #chunks: ChunkedReader | undefined;
  #state: 'head' | 'length' | 'chunked' | 'end' = 'head';
  #remaining = 0;
  #failure: HttpProtocolError | undefined;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(limits: Partial<MessageLimits> = {}) {
    this.#limits = limitsFrom(limits);
    this.#heads = new HeadParser(this.#limits);
  }

  get bufferedBytes(): number {
    return this.#input.length;
  }

  /** Between two requests, with nothing of the next one seen. */
  get isIdle(): boolean {
    return this.#state === 'head' && !this.#heads.hasBegun;
  }

  /** Inside a head: begun and not complete. */
  get isInHead(): boolean {
    return this.#state === 'head' && this.#heads.hasBegun;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#input.push(chunk);
  }

  /** @throws HttpProtocolError once the bytes can never become a request, and ever after. */
  next(): RequestEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#next();
    } catch (error) {
      if (error instanceof HttpProtocolError) this.#fail(error);
      throw error;
    }
  }

  /** @throws HttpProtocolError `TRUNCATED` where the input ends inside a request. */
  end(): RequestEvent | undefined {
    const event = this.next();
    if (event !== undefined || this.isIdle) return event;
    return this.#fail(new HttpProtocolError('TRUNCATED', 'the input ended inside a request'));
  }

  #next(): RequestEvent | undefined {
    switch (this.#state) {
      case 'head':
        return this.#head();
      case 'length':
        return this.#data();
      case 'chunked':
        return this.#chunk((this.#chunks ??= new ChunkedReader(this.#limits)));
      case 'end':
        this.#state = 'head';
        return endEvent;
    }
  }

  #head(): RequestEvent | undefined {
    if (this.#input.length === 0) return undefined;
    const head = this.#heads.next(this.#input);
    if (head === undefined) return undefined;
    if (head.framing === 'none') {
      this.#state = 'end';
    } else {
      this.#state = head.framing;
      this.#remaining = head.contentLength;
      if (head.framing === 'chunked') this.#chunks?.reset();
    }
    return head;
  }

  #chunk(chunks: ChunkedReader): RequestEvent | undefined {
    const event = chunks.next(this.#input);
    if (event !== undefined || !chunks.isDone) return event;
    this.#state = 'head';
    return endEvent;
  }

  #data(): RequestEvent | undefined {
    const input = this.#input;
    const size = Math.min(this.#remaining, input.length);
    if (size === 0) return undefined;
    const bytes = input.bytes.subarray(input.position, input.position + size);
    input.position += size;
    this.#remaining -= size;
    if (this.#remaining === 0) this.#state = 'end';
    return { type: 'data', bytes };
  }

  #fail(error: HttpProtocolError): never {
    this.#failure = error;
    this.#input.clear();
    throw error;
  }
}
