import type { HttpProtocolError } from '../errors.ts';
import { HeaderFields } from '../headers.ts';
import type { DataEvent, TrailersEvent } from './events.ts';
import { FieldParser } from './field-parser.ts';
import type { Input } from './input.ts';
import type { MessageRules } from './limits.ts';
import { CR, FIELD_VALUE, HEX, HTAB, LF, SEMICOLON, SP } from './octets.ts';

// Where the reader stands between two calls.
const SIZE = 0;
const BLANK = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;
const DONE = 8;

/** 2^52 − 1: the sizes that stay exact whatever is added to them. */
const maxSizeDigits = 13;

/** A body in chunks (RFC 9112 7.1). */
export class ChunkedReader {
  readonly #limits: MessageRules;
  readonly #trailers: FieldParser;
  #step = SIZE;
  #digits = 0;
  #remaining = 0;
  #bodyBytes = 0;
  #extensionBytes = 0;

  constructor(limits: MessageRules) {
    this.#limits = limits;
    this.#trailers = new FieldParser(limits, 'trailers');
  }

  get isDone(): boolean {
    return this.#step === DONE;
  }

  /** Ready for the body of another message. */
  reset(): void {
    this.#step = SIZE;
    this.#digits = 0;
    this.#remaining = 0;
    this.#bodyBytes = 0;
    this.#extensionBytes = 0;
  }

  /** Data or trailers, or `undefined`: need more, or done. */
  next(input: Input): DataEvent | TrailersEvent | undefined {
    const { bytes } = input;
    while (input.position < input.end) {
      if (this.#step === DATA) return this.#data(input);
      if (this.#step === TRAILERS) return this.#readTrailers(input);
      if (this.#step === DONE) return undefined;
      this.#take(input, bytes[input.position++] as number);
    }
    return undefined;
  }

  #take(input: Input, code: number): void {
    switch (this.#step) {
      case SIZE:
        this.#size(input, code);
        break;
      case BLANK:
        if (code === SEMICOLON) this.#step = EXTENSION;
        else if (code !== SP && code !== HTAB) throw chunkError(input, 'white space behind the size');
        this.#countExtension(input);
        break;
      case EXTENSION:
        if (code === CR) this.#step = SIZE_LF;
        else if (FIELD_VALUE[code] === 0) throw chunkError(input, 'a control character in an extension');
        else this.#countExtension(input);
        break;
      case SIZE_LF:
        if (code !== LF) throw chunkError(input, 'the size line does not end with CR LF');
        this.#begin(input);
        break;
      case DATA_CR:
        if (code !== CR) throw chunkError(input, 'data longer than the size says');
        this.#step = DATA_LF;
        break;
      default:
        if (code !== LF) throw chunkError(input, 'the data does not end with CR LF');
        this.#step = SIZE;
        this.#digits = 0;
    }
  }

  #size(input: Input, code: number): void {
    const digit = HEX[code] as number;
    if (digit > 0) {
      if (++this.#digits > maxSizeDigits) throw chunkError(input, 'a size of too many digits');
      this.#remaining = this.#remaining * 16 + digit - 1;
      return;
    }
    if (this.#digits === 0) throw chunkError(input, 'a size that is no number');
    if (code === CR) {
      this.#step = SIZE_LF;
      return;
    }
    if (code === SEMICOLON) this.#step = EXTENSION;
    else if (code === SP || code === HTAB) this.#step = BLANK;
    else throw chunkError(input, 'a size that is no number');
    this.#countExtension(input);
  }

  #countExtension(input: Input): void {
    const { maxExtensionBytes } = this.#limits;
    if (++this.#extensionBytes <= maxExtensionBytes) return;
    throw input.fault(
      'CHUNK_EXTENSIONS_TOO_LARGE',
      `chunk extensions of more than ${String(maxExtensionBytes)} bytes`,
      input.position - 1,
    );
  }

  #begin(input: Input): void {
    const { maxBodyBytes } = this.#limits;
    this.#bodyBytes += this.#remaining;
    if (this.#bodyBytes > maxBodyBytes) {
      const message = `a body of more than ${String(maxBodyBytes)} bytes`;
      throw input.fault('BODY_TOO_LARGE', message, input.position - 1);
    }
    this.#step = this.#remaining > 0 ? DATA : TRAILERS;
    if (this.#step === TRAILERS) this.#trailers.reset(0);
  }

  #data(input: Input): DataEvent {
    const { position } = input;
    const size = Math.min(this.#remaining, input.length);
    input.position += size;
    this.#remaining -= size;
    if (this.#remaining === 0) this.#step = DATA_CR;
    return { type: 'data', bytes: input.bytes.subarray(position, position + size) };
  }

  #readTrailers(input: Input): TrailersEvent | undefined {
    const { maxTrailerBytes } = this.#limits;
    const fields = this.#trailers;
    const ceiling = input.position + maxTrailerBytes;
    if (!fields.parse(input, Math.min(input.end, ceiling))) {
      if (input.end < ceiling) return undefined;
      throw input.fault('HEAD_TOO_LARGE', `trailers of more than ${String(maxTrailerBytes)} bytes`, ceiling);
    }
    input.position += fields.offset;
    this.#step = DONE;
    if (fields.count === 0) return undefined;
    return { type: 'trailers', fields: new HeaderFields(fields.bytes, fields.start, fields.end) };
  }
}

/** The byte just taken is wrong. */
function chunkError(input: Input, what: string): HttpProtocolError {
  return input.fault('BAD_CHUNK', `chunked body: ${what}`, input.position - 1);
}
