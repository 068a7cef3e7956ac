import { ChunkedReader } from './chunked-reader.ts';
import {
  endEvent,
  type DataEvent,
  type EndEvent,
  type ResponseFraming,
  type TrailersEvent,
} from './events.ts';
import type { Input } from './input.ts';
import type { MessageRules } from './limits.ts';

// How the end of the body is known; END: it is there, and only to be told.
const IDLE = 0;
const END = 1;
const LENGTH = 2;
const CHUNKED = 3;
const CLOSE = 4;

/** The body of a message, whichever way its end is known (RFC 9112 6.3): `data` …, perhaps `trailers`, and `end`. */
export class BodyReader {
  readonly #rules: MessageRules;
  /** Made for the first body that needs it: most connections never do. */
  #chunks: ChunkedReader | undefined;
  #step = IDLE;
  /** Bytes still to come, or by which a body that ends with the input may still grow. */
  #remaining = 0;

  constructor(rules: MessageRules) {
    this.#rules = rules;
  }

  /** A head has been told, and the end of its message has not. */
  get isActive(): boolean {
    return this.#step !== IDLE;
  }

  begin(framing: ResponseFraming, contentLength: number): void {
    switch (framing) {
      case 'none':
        this.#step = END;
        break;
      case 'length':
        this.#step = LENGTH;
        this.#remaining = contentLength;
        break;
      case 'chunked':
        this.#step = CHUNKED;
        this.#chunks?.reset();
        break;
      case 'close':
        this.#step = CLOSE;
        this.#remaining = this.#rules.maxBodyBytes;
    }
  }

  next(input: Input): DataEvent | TrailersEvent | EndEvent | undefined {
    if (this.#step !== END) return this.#content(input);
    this.#step = IDLE;
    return endEvent;
  }

  /** The input ends where all of it is read: the end of a body that ends so, `undefined` where the body is cut short. */
  inputEnd(): EndEvent | undefined {
    if (this.#step !== CLOSE) return undefined;
    this.#step = IDLE;
    return endEvent;
  }

  #content(input: Input): DataEvent | TrailersEvent | EndEvent | undefined {
    if (this.#step === LENGTH) return this.#counted(input);
    if (this.#step === CLOSE) return this.#untilClose(input);
    return this.#chunked(input, (this.#chunks ??= new ChunkedReader(this.#rules)));
  }

  #counted(input: Input): DataEvent | undefined {
    const size = Math.min(this.#remaining, input.length);
    if (size === 0) return undefined;
    this.#remaining -= size;
    if (this.#remaining === 0) this.#step = END;
    return dataOf(input, size);
  }

  #chunked(input: Input, chunks: ChunkedReader): DataEvent | TrailersEvent | EndEvent | undefined {
    const event = chunks.next(input);
    if (event !== undefined || !chunks.isDone) return event;
    this.#step = IDLE;
    return endEvent;
  }

  #untilClose(input: Input): DataEvent | undefined {
    const { length } = input;
    if (length === 0) return undefined;
    const size = Math.min(this.#remaining, length);
    if (size === 0) {
      const message = `a body of more than ${String(this.#rules.maxBodyBytes)} bytes`;
      throw input.fault('BODY_TOO_LARGE', message, input.position);
    }
    this.#remaining -= size;
    return dataOf(input, size);
  }
}

function dataOf(input: Input, size: number): DataEvent {
  const { position } = input;
  input.position += size;
  return { type: 'data', bytes: input.bytes.subarray(position, position + size) };
}
