import type { Decoder } from '@wirestack/framing/codecs';
import { Input } from '../protocol/input.ts';
import { HEX } from '../protocol/octets.ts';
import { FormError, type FormErrorCode } from './errors.ts';
import { formLimitsFrom, type FormLimits } from './limits.ts';
import { charsetOf, decodeText, utf8Text, type Charset } from './text-decoding.ts';

/** What a decoder of pairs goes by. */
export interface UrlEncodedOptions extends Partial<FormLimits> {
  /** What the text is in where no pair `_charset_` says otherwise. Default `utf-8` (WHATWG URL 5.1). */
  readonly charset?: string;
}

export type FormPair = readonly [name: string, value: string];

const AMPERSAND = 0x26;
const PLUS = 0x2b;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const SPACE = 0x20;

/**
 * `application/x-www-form-urlencoded` in pieces to pairs, as WHATWG URL 5.1 reads it: `+` is a space, `%` that begins no escape is itself, a pair without
 * `=` has an empty value, pairs that are empty are none. A pair `_charset_` (WHATWG HTML, RFC 7578 4.6) tells what those behind it are in.
 *
 * Pure; every byte is looked at once, and then once to decode it. Of what was pushed only the pair that is not complete is kept.
 */
export class UrlEncodedDecoder implements Decoder<FormPair> {
  readonly #input = new Input();
  readonly #limits: FormLimits;
  #charset: Charset;
  #failure: FormError | undefined;
  #received = 0;
  #isTooLarge = false;
  #pairs = 0;
  /** How far the pair was looked at, from the input's position, and where its `=` is; -1: not yet found. */
  #scanned = 0;
  #equals = -1;
  /** Something in the name, or in the value, has to be decoded. */
  #isNameEncoded = false;
  #isValueEncoded = false;

  /**
   * @throws HttpUsageError `BAD_OPTION` for a limit that is no count
   * @throws FormError `UNSUPPORTED_CHARSET`
   */
  constructor(options: UrlEncodedOptions = {}) {
    this.#limits = formLimitsFrom(options);
    this.#charset = options.charset === undefined ? utf8Text : charsetOf(options.charset);
  }

  get bufferedBytes(): number {
    return this.#input.length;
  }

  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const room = this.#limits.maxFormBytes - this.#received;
    this.#isTooLarge ||= chunk.length > room;
    const taken = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#received += taken.length;
    this.#input.push(taken);
  }

  /** @throws FormError once a limit is passed, and ever after */
  next(): FormPair | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    for (;;) {
      const end = this.#find();
      if (end < 0) {
        this.#needMore();
        return undefined;
      }
      const pair = this.#take(end, end + 1);
      if (pair !== undefined) return pair;
    }
  }

  /** @throws FormError as {@link next} */
  end(): FormPair | undefined {
    const pair = this.next();
    const { end, length } = this.#input;
    return pair ?? (length === 0 ? undefined : this.#take(end, end));
  }

  /** Where the pair ends, or -1. */
  #find(): number {
    const { bytes, position, end } = this.#input;
    let at = position + this.#scanned;
    if (this.#equals < 0) {
      for (; at < end; at++) {
        const kind = kindOf[bytes[at] as number];
        if (kind === 0) continue;
        if (kind === ENCODED) {
          this.#isNameEncoded = true;
          continue;
        }
        if (kind === END) return at;
        this.#equals = at++ - position;
        break;
      }
    }
    for (; at < end; at++) {
      const kind = kindOf[bytes[at] as number];
      if (kind === ENCODED) this.#isValueEncoded = true;
      else if (kind === END) return at;
    }
    this.#scanned = end - position;
    return -1;
  }

  /** The pair up to `end`; the next one begins at `next`. */
  #take(end: number, next: number): FormPair | undefined {
    const input = this.#input;
    const { bytes, position } = input;
    const equals = this.#equals < 0 ? end : position + this.#equals;
    this.#check(equals - position, end - equals - 1);
    if (end > position && ++this.#pairs > this.#limits.maxParts) {
      throw this.#fail('TOO_MANY_PARTS', `more than ${String(this.#limits.maxParts)} pairs`, 0);
    }
    const value = equals >= end ? '' : this.#text(bytes, equals + 1, end, this.#isValueEncoded);
    const pair: FormPair = [this.#text(bytes, position, equals, this.#isNameEncoded), value];
    input.position = next;
    this.#scanned = 0;
    this.#equals = -1;
    this.#isNameEncoded = this.#isValueEncoded = false;
    if (end === position) return undefined;
    if (pair[0] === '_charset_' && value !== '') this.#setCharset(value);
    return pair;
  }

  #needMore(): void {
    const { length } = this.#input;
    const name = this.#equals < 0 ? length : this.#equals;
    this.#check(name, length - name - 1);
    if (this.#isTooLarge) {
      this.#input.clear();
      throw this.#fail('FORM_TOO_LARGE', `a form of more than ${String(this.#limits.maxFormBytes)} bytes`, 0);
    }
    this.#input.release();
  }

  #check(nameBytes: number, valueBytes: number): void {
    const { maxNameBytes, maxFieldBytes } = this.#limits;
    if (nameBytes > maxNameBytes) {
      throw this.#fail('NAME_TOO_LONG', `a name of more than ${String(maxNameBytes)} bytes`, maxNameBytes);
    }
    if (valueBytes > maxFieldBytes) {
      const at = nameBytes + 1 + maxFieldBytes;
      throw this.#fail('FIELD_TOO_LARGE', `a field of more than ${String(maxFieldBytes)} bytes`, at);
    }
  }

  #text(bytes: Uint8Array, start: number, end: number, isEncoded: boolean): string {
    if (!isEncoded) return decodeText(this.#charset, bytes, start, end);
    const decoded = percentDecode(bytes, start, end);
    return decodeText(this.#charset, decoded, 0, decoded.length);
  }

  #setCharset(label: string): void {
    try {
      this.#charset = charsetOf(label);
    } catch (error) {
      if (error instanceof FormError) this.#stop(error);
      throw error;
    }
  }

  #fail(code: FormErrorCode, message: string, ahead: number): FormError {
    const { length } = this.#input;
    return this.#stop(new FormError(code, message, this.#received - length + ahead));
  }

  #stop(failure: FormError): FormError {
    this.#failure = failure;
    this.#input.clear();
    this.#input.release();
    return failure;
  }
}

const ENCODED = 1;
const SEPARATOR = 2;
const END = 3;
/** What a byte does to a pair; 0: it stands for itself. */
const kindOf: Uint8Array = new Uint8Array(256);
kindOf[PLUS] = kindOf[PERCENT] = ENCODED;
kindOf[EQUALS] = SEPARATOR;
kindOf[AMPERSAND] = END;

function percentDecode(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const decoded = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code === PERCENT && at + 2 < end) {
      const high = HEX[bytes[at + 1] as number] as number;
      const low = HEX[bytes[at + 2] as number] as number;
      if (high !== 0 && low !== 0) {
        decoded[length++] = (high - 1) * 16 + low - 1;
        at += 2;
        continue;
      }
    }
    decoded[length++] = code === PLUS ? SPACE : code;
  }
  return decoded.subarray(0, length);
}
