import { FIELD_VALUE, HTAB, SP, TOKEN } from '../protocol/octets.ts';

export const DQUOTE = 0x22;
export const COMMA = 0x2c;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

export const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A class of characters as a table of 256, 1 for those that are in it. */
export function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
  return table;
}

/** `DIGIT`. */
export const DIGIT: Uint8Array = tableOf('0123456789');

/**
 * A place in the value of a field, and what is read from there by the rules of RFC 9110 5.6. A method that answers `undefined` leaves the place
 * where it was. Every loop moves forward only, so that reading is linear however the value is made.
 */
export class Cursor {
  readonly text: string;
  at: number = 0;

  constructor(text: string) {
    this.text = text;
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The code of the character here; NaN at the end, which equals nothing. */
  get code(): number {
    return this.text.charCodeAt(this.at);
  }

  /** Passes the character here, if it is this one. */
  take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at++;
    return true;
  }

  /** `OWS` of RFC 9110 5.6.3: blanks and tabs. */
  skipBlanks(): void {
    while (this.code === SP || this.code === HTAB) this.at++;
  }

  /** The longest run of characters that are 1 in `table`; `undefined` where there is none. */
  run(table: Uint8Array): string | undefined {
    const start = this.at;
    let at = start;
    while (table[this.text.charCodeAt(at)] === 1) at++;
    if (at === start) return undefined;
    this.at = at;
    return this.text.slice(start, at);
  }

  /** `token` of RFC 9110 5.6.2. */
  token(): string | undefined {
    return this.run(TOKEN);
  }

  /** What a `quoted-string` of RFC 9110 5.6.4 stands for; `undefined` where none is, or where it has no end. */
  quotedString(): string | undefined {
    const { text } = this;
    if (this.code !== DQUOTE) return undefined;
    let unescaped = '';
    let from = this.at + 1;
    for (let at = from; ; at++) {
      const code = text.charCodeAt(at);
      if (code === DQUOTE) {
        this.at = at + 1;
        return unescaped + text.slice(from, at);
      }
      if (code === BACKSLASH) {
        unescaped += text.slice(from, at);
        from = ++at;
      }
      if (FIELD_VALUE[text.charCodeAt(at)] !== 1) return undefined;
    }
  }

  /** `( token / quoted-string )`: the two ways to write the same value (RFC 9110 5.6.6). */
  tokenOrQuoted(): string | undefined {
    return this.code === DQUOTE ? this.quotedString() : this.token();
  }

  /** Moves to the comma that ends this element of a list, or to the end. A comma in a quoted string ends nothing. */
  skipElement(): void {
    const { text } = this;
    let isQuoted = false;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === DQUOTE) isQuoted = !isQuoted;
      else if (isQuoted && code === BACKSLASH) this.at++;
      else if (!isQuoted && code === COMMA) return;
    }
    this.at = text.length;
  }
}

/** True where all of `text`, at least one character, is 1 in `table`. */
export function isAll(table: Uint8Array, text: unknown): boolean {
  if (typeof text !== 'string') return false;
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false;
  return text.length > 0;
}
