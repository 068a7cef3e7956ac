import { RpcError, RpcUsageError } from '../../errors.ts';
import {
  ampersand,
  greaterThan,
  isXmlCharacter,
  kinds,
  lessThan,
  minus,
  plain,
  point,
  zero,
} from './characters.ts';
import type { SettledLimits } from './limits.ts';
import type { Markup } from './markup.ts';
import { doubleText } from './scalars.ts';

/**
 * A document under construction, as UTF-8: put together as text, and made bytes at the end, it takes three times as long. It stands in
 * chunks, so that nothing is moved when it grows.
 */
export class DocumentBytes {
  readonly #limits: SettledLimits;
  /** Those that are full. */
  readonly #chunks: Buffer<ArrayBuffer>[] = [];
  #chunksBytes = 0;
  #chunk: Buffer<ArrayBuffer> = Buffer.allocUnsafe(smallestChunk);
  #view: DataView = viewOf(this.#chunk);
  #at = 0;

  constructor(limits: SettledLimits) {
    this.#limits = limits;
  }

  /** Markup that repeats. */
  markup(markup: Markup): void {
    const { words } = markup;
    this.#reserve(words.length * 8);
    const view = this.#view;
    let to = this.#at;
    for (let i = 0; i < words.length; i++, to += 8) view.setFloat64(to, words[i] as number, true);
    // Without the NULs of the last word, which what follows is written over.
    this.#at += markup.bytes;
  }

  /** Text as it is. */
  raw(text: string): void {
    // A unit of UTF-16 is three bytes at most.
    if (text.length <= longestShort) this.#reserve(text.length * 3);
    else {
      const bytes = Buffer.byteLength(text);
      this.refuseBeyondLimit(bytes);
      this.#reserve(bytes);
    }
    this.#at += this.#chunk.write(text, this.#at);
  }

  /** Text with its escapes. @throws RpcUsageError for a character that XML forbids */
  text(text: string): void {
    if (text.length > longestShort) {
      this.#longText(text);
      return;
    }
    this.#reserve(text.length * longestEscape);
    const chunk = this.#chunk;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80 && kinds[unit] === plain) {
        chunk[at++] = unit;
      } else {
        const code = unit < 0xd800 ? unit : (text.codePointAt(i) as number);
        if (code > 0xffff) i++;
        at = writeNotable(chunk, at, code);
      }
    }
    this.#at = at;
  }

  #longText(text: string): void {
    if (!notable.test(text)) {
      this.raw(text);
      return;
    }
    for (let from = 0, to; from < text.length; from = to) {
      to = from + longestShort;
      // Not between the two units of a character.
      if (text.charCodeAt(to - 1) >> 10 === 0xd800 >> 10) to--;
      this.text(text.slice(from, to));
    }
  }

  /** Text that is ASCII, and needs no escapes. */
  ascii(text: string): void {
    if (text.length > longestShort) {
      this.raw(text);
      return;
    }
    this.#reserve(text.length);
    const chunk = this.#chunk;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) chunk[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** An integer of 32 bits. */
  integer(value: number): void {
    this.#reserve(11);
    const chunk = this.#chunk;
    let rest = value;
    if (value < 0) {
      chunk[this.#at++] = minus;
      rest = -value;
    }
    let at = this.#at + 1;
    for (let power = 10; power <= rest; power *= 10) at++;
    this.#at = at;
    do {
      const tenth = (rest / 10) | 0;
      chunk[--at] = zero + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  /** A finite number with a point or an exponent: `1.5`, `3.0`, `1e+300`. */
  double(value: number): void {
    const size = Math.abs(value);
    const hundredths = Math.round(size * 100);
    // No other digits as few as ten read back as the same number: these are the shortest. String() takes three times as long.
    if (hundredths > 1e9 || hundredths / 100 !== size || Object.is(value, -0)) {
      this.ascii(doubleText(value));
      return;
    }
    this.#reserve(14);
    if (value < 0) this.#chunk[this.#at++] = minus;
    const whole = Math.floor(hundredths / 100);
    const fraction = hundredths - 100 * whole;
    this.integer(whole);
    this.#chunk[this.#at++] = point;
    this.#twoDigits(fraction);
    if (fraction % 10 === 0) this.#at--;
  }

  /** `19980717T14:08:55`, of milliseconds within the years 0 to 9999. The methods of Date take three times as long. */
  dateTime(time: number): void {
    const day = Math.floor(time / 86_400_000);
    const second = Math.floor(time / 1000) - day * 86_400;
    // Years that begin in March, in their period of 400 years: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    const period = Math.floor((day + 719_468) / 146_097);
    const dayOfPeriod = day + 719_468 - period * 146_097;
    const leapDays =
      Math.floor(dayOfPeriod / 36_524) - Math.floor(dayOfPeriod / 1460) - Math.floor(dayOfPeriod / 146_096);
    const yearOfPeriod = Math.floor((dayOfPeriod + leapDays) / 365);
    const dayOfYear =
      dayOfPeriod - 365 * yearOfPeriod - Math.floor(yearOfPeriod / 4) + Math.floor(yearOfPeriod / 100);
    const month = Math.floor((5 * dayOfYear + 2) / 153);
    const year = 400 * period + yearOfPeriod + (month < 10 ? 0 : 1);
    const minute = Math.floor(second / 60);
    const hour = Math.floor(minute / 60);
    this.#reserve(17);
    const century = Math.floor(year / 100);
    this.#twoDigits(century);
    this.#twoDigits(year - 100 * century);
    this.#twoDigits(month < 10 ? month + 3 : month - 9);
    this.#twoDigits(dayOfYear - Math.floor((153 * month + 2) / 5) + 1);
    this.#chunk[this.#at++] = 0x54;
    this.#twoDigits(hour);
    this.#chunk[this.#at++] = 0x3a;
    this.#twoDigits(minute - 60 * hour);
    this.#chunk[this.#at++] = 0x3a;
    this.#twoDigits(second - 60 * minute);
  }

  #twoDigits(value: number): void {
    const tens = Math.floor(value / 10);
    this.#chunk[this.#at] = zero + tens;
    this.#chunk[this.#at + 1] = zero + value - 10 * tens;
    this.#at += 2;
  }

  /** Where the document stands now, for {@link rollBack}. */
  get position(): DocumentPosition {
    return {
      chunks: this.#chunks.length,
      chunksBytes: this.#chunksBytes,
      chunk: this.#chunk,
      at: this.#at,
    };
  }

  /** What was written since then is taken back. */
  rollBack({ chunks, chunksBytes, chunk, at }: DocumentPosition): void {
    this.#chunks.length = chunks;
    this.#chunksBytes = chunksBytes;
    this.#use(chunk);
    this.#at = at;
  }

  /** The whole. @throws RpcError `TOO_LARGE` */
  take(): Uint8Array<ArrayBuffer> {
    const last = this.#chunk.subarray(0, this.#at);
    this.refuseBeyondLimit(0);
    return this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
  }

  /** @throws RpcError `TOO_LARGE` where it is, or would be with so many bytes more. Else that is found out when a chunk is full, or at the end. */
  refuseBeyondLimit(more: number): void {
    if (this.#chunksBytes + this.#at + more > this.#limits.maxBytes) throw tooLarge(this.#limits);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#chunk.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const full = this.#chunk.subarray(0, this.#at);
    this.refuseBeyondLimit(0);
    this.#chunks.push(full);
    this.#chunksBytes += full.length;
    const size = Math.max(bytes, Math.min(this.#chunk.length * 8, largestChunk));
    this.#use(Buffer.allocUnsafeSlow(size));
    this.#at = 0;
  }

  #use(chunk: Buffer<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#view = viewOf(chunk);
  }
}

export interface DocumentPosition {
  readonly chunks: number;
  readonly chunksBytes: number;
  readonly chunk: Buffer<ArrayBuffer>;
  readonly at: number;
}

export function tooLarge({ maxBytes, maxValues }: SettledLimits): RpcError {
  return new RpcError(
    'TOO_LARGE',
    `more than ${String(maxBytes)} bytes or ${String(maxValues)} values to send`,
  );
}

/** Text as it stands between tags; CR as a reference: bare, XML has it read as LF. @throws RpcUsageError for what XML forbids */
export function escaped(text: string): string {
  if (!notable.test(text)) return text;
  if (text.search(refused) >= 0) throw refusal();
  return text.replace(/[&<>\r]/g, (character) => escapeOf(character.charCodeAt(0)));
}

/** A message that is told whatever it holds: what XML forbids becomes U+FFFD. */
export function escapedLossy(text: string): string {
  return escaped(text.replace(refused, '\uFFFD'));
}

/** A character that is escaped, of more bytes than one, or refused. Answers where it ends. */
function writeNotable(bytes: Buffer, at: number, code: number): number {
  if (!isXmlCharacter(code)) throw refusal();
  let to = at;
  if (code < 0x80) {
    const escape = escapeOf(code);
    for (let i = 0; i < escape.length; i++) bytes[to++] = escape.charCodeAt(i);
    return to;
  }
  if (code < 0x800) bytes[to++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x1_0000) bytes[to++] = 0xe0 | (code >> 12);
    else {
      bytes[to++] = 0xf0 | (code >> 18);
      bytes[to++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[to++] = 0x80 | (code & 0x3f);
  return to;
}

/** Of one of `&`, `<`, `>` and CR. */
function escapeOf(code: number): string {
  switch (code) {
    case ampersand:
      return '&amp;';
    case lessThan:
      return '&lt;';
    case greaterThan:
      return '&gt;';
    default:
      return '&#13;';
  }
}

function refusal(): RpcUsageError {
  return new RpcUsageError('a string with a character that XML forbids: use bytes');
}

function viewOf(chunk: Buffer): DataView {
  return new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
}

/* eslint-disable no-control-regex -- control characters are what is looked for */
const notable = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;
const refused = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;
/* eslint-enable no-control-regex */

/** Text up to here is written unit by unit, beyond by what the platform has for it. */
const longestShort = 256;
/** The bytes of `&amp;` or `&#13;`, the most of a unit. */
const longestEscape = 5;
/** Room for a call of a few values, and small enough for the platform's pool. */
const smallestChunk = 2048;
const largestChunk = 65_536;
