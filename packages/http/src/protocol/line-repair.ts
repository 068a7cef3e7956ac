import { HttpProtocolError, type HttpErrorCode } from '../errors.ts';
import type { Input } from './input.ts';
import type { Leniency } from './leniency.ts';
import type { MessageRules } from './limits.ts';
import { COLON, CR, HTAB, LF, SP } from './octets.ts';

/** What a line is refused for, and the leniency in whose eyes it may be right. A value may be wrong because it goes on in the next line. */
const remedies: Partial<Record<HttpErrorCode, keyof Leniency>> = {
  BAD_LINE_END: 'allowBareLf',
  OBSOLETE_FOLD: 'allowObsFold',
  BAD_CONTENT_LENGTH: 'allowObsFold',
  UNKNOWN_EXPECTATION: 'allowObsFold',
  BAD_FIELD_NAME: 'allowSpaceBeforeColon',
};

/**
 * A section of field lines under `allowBareLf`, `allowObsFold` and `allowSpaceBeforeColon`, written anew as a strict sender would have:
 *
 *     X : a LF              X: a b CR LF
 *     HTAB b CR LF    →     CR LF
 *     CR LF
 *
 * It runs only where the strict parser has refused a line already, so that leniency costs nothing until it is needed.
 */
export class LineRepair {
  /** Offset of the next byte to look at, from the start of the message; in the end the one behind the empty line. */
  offset: number;
  readonly #rules: MessageRules;
  readonly #start: number;
  #lineStart: number;
  #afterCr = false;
  /** Pieces of the lines as they were: where each begins in the new ones, and in the message. */
  readonly #pieces: number[] = [];
  #out = new Uint8Array(0);
  #length = 0;

  constructor(rules: MessageRules, start: number) {
    this.#rules = rules;
    this.#start = this.#lineStart = this.offset = start;
  }

  static mayHelp(error: unknown, rules: MessageRules): boolean {
    const remedy = error instanceof HttpProtocolError ? remedies[error.code] : undefined;
    return remedy !== undefined && rules[remedy] === true;
  }

  /** True when the empty line is there. @throws HttpProtocolError `BAD_LINE_END` */
  scan(input: Input, limit: number): boolean {
    const { bytes, position: base } = input;
    for (let at = base + this.offset; at < limit; at++) {
      const code = bytes[at] as number;
      if (this.#afterCr ? code !== LF : code === LF && !this.#rules.allowBareLf)
        throw input.fault('BAD_LINE_END', 'a line end that is not CR LF', at);
      if (code === LF) {
        const lineEnd = this.#afterCr ? at - 1 : at;
        const isEmpty = lineEnd === base + this.#lineStart;
        this.#afterCr = false;
        this.#lineStart = at + 1 - base;
        if (isEmpty) {
          this.offset = this.#lineStart;
          return true;
        }
      } else {
        this.#afterCr = code === CR;
      }
    }
    this.offset = limit - base;
    return false;
  }

  /** The section, complete, with the lines as they should have been. @throws HttpProtocolError `OBSOLETE_FOLD` */
  lines(input: Input): Uint8Array {
    const { bytes, position: base } = input;
    const end = base + this.offset;
    // Each LF may gain a CR.
    this.#out = new Uint8Array(2 * (this.offset - this.#start));
    for (let at = base + this.#start; at < end;) {
      const lf = bytes.indexOf(LF, at);
      const lineEnd = lf > at && bytes[lf - 1] === CR ? lf - 1 : lf;
      if (isBlank(bytes[at])) this.#fold(input, at, lineEnd);
      else this.#line(input, at, lineEnd);
      this.#write(CR, LF);
      at = lf + 1;
    }
    return this.#out.subarray(0, this.#length);
  }

  /** Where a byte of the new lines stood in the message. */
  offsetOf(at: number): number {
    const pieces = this.#pieces;
    let last = 0;
    for (let i = 0; i < pieces.length && (pieces[i] as number) <= at; i += 2) last = i;
    return (pieces[last + 1] ?? this.#start) + at - (pieces[last] ?? 0);
  }

  #line(input: Input, start: number, end: number): void {
    const { bytes } = input;
    const colon = this.#rules.allowSpaceBeforeColon
      ? start + bytes.subarray(start, end).indexOf(COLON)
      : start;
    let nameEnd = colon;
    while (nameEnd > start && isBlank(bytes[nameEnd - 1])) nameEnd--;
    if (nameEnd > start) this.#copy(input, start, nameEnd);
    this.#copy(input, nameEnd > start ? colon : start, end);
  }

  #fold(input: Input, start: number, end: number): void {
    const { bytes } = input;
    if (!this.#rules.allowObsFold || this.#length === 0)
      throw input.fault('OBSOLETE_FOLD', 'a header line that begins with white space', start);
    this.#length -= 2;
    while (isBlank(this.#out[this.#length - 1])) this.#length--;
    let from = start;
    while (from < end && isBlank(bytes[from])) from++;
    if (from === end) return;
    this.#write(SP);
    this.#copy(input, from, end);
  }

  #copy(input: Input, start: number, end: number): void {
    this.#pieces.push(this.#length, start - input.position);
    this.#out.set(input.bytes.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #write(...codes: number[]): void {
    for (const code of codes) this.#out[this.#length++] = code;
  }
}

function isBlank(code: number | undefined): boolean {
  return code === SP || code === HTAB;
}
