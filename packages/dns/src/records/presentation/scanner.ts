import { quote, ZoneFileError, type Position, type ZoneFileErrorCode } from './zone-file-error.ts';

/** What stands between white space, or between quotes. Escapes are still in it: a name and a string read them differently. */
export interface Token extends Position {
  readonly text: string;
  readonly isQuoted: boolean;
  /** Nothing stands between it and the token before it: `key="a b"` is two such tokens. */
  readonly isAdjacent: boolean;
}

/** A line, or several that parentheses join. */
export interface Entry {
  /** It begins with white space: the owner is that of the entry before it. */
  readonly startsBlank: boolean;
  /** One at least. */
  readonly tokens: readonly Token[];
  /** Where the entry ends: where a field is missed. */
  readonly end: Position;
}

/**
 * Cuts the text of a master file into entries (RFC 1035 5.1): quotes, escapes, parentheses, comments and line ends are understood,
 * nothing else.
 */
export class Scanner {
  readonly #text: string;
  readonly #maxLength: number;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #tokens: Token[] = [];
  /** Where the outermost parenthesis stands that is open. */
  #open: Position | undefined;
  #depth = 0;

  /** @param maxLength the most UTF-16 units of an entry. */
  constructor(text: string, maxLength: number) {
    this.#text = text;
    this.#maxLength = maxLength;
    // A byte order mark is no part of the text (Unicode 23.8).
    if (text.charCodeAt(0) === 0xfeff) this.#at = this.#lineStart = 1;
  }

  /** The next entry that is not empty; `undefined` at the end. */
  next(): Entry | undefined {
    while (this.#at < this.#text.length) {
      const entry = this.#entry();
      if (entry.tokens.length > 0) return entry;
    }
    return undefined;
  }

  #entry(): Entry {
    const text = this.#text;
    const start = this.#at;
    this.#tokens = [];
    const startsBlank = isBlank(text.charCodeAt(start));
    let separated = true;
    for (;;) {
      if (this.#at - start > this.#maxLength) {
        this.#fail('LINE_TOO_LONG', `a line of more than ${String(this.#maxLength)} characters`);
      }
      const code = this.#at < text.length ? text.charCodeAt(this.#at) : end;
      if (code === end) return this.#finish(startsBlank);
      const tokens = this.#tokens.length;
      if (code === newline) {
        const entry = this.#depth === 0 ? this.#finish(startsBlank) : undefined;
        this.#at++;
        this.#line++;
        this.#lineStart = this.#at;
        if (entry !== undefined) return entry;
      } else if (code === semicolon) this.#skipComment();
      else if (code === opening) this.#openParenthesis();
      else if (code === closing) this.#closeParenthesis();
      else if (code === quotation) this.#quoted(!separated);
      else if (isBlank(code) || this.#isLineEnd(code)) this.#at++;
      else this.#unquoted(!separated);
      separated = this.#tokens.length === tokens;
    }
  }

  #finish(startsBlank: boolean): Entry {
    if (this.#open !== undefined) {
      throw new ZoneFileError('UNBALANCED_PARENTHESES', 'a parenthesis "(" that is never closed', this.#open);
    }
    const { line, column } = this.#position();
    const isBehindCr = this.#at > 0 && this.#text.charCodeAt(this.#at - 1) === carriageReturn;
    return { startsBlank, tokens: this.#tokens, end: { line, column: isBehindCr ? column - 1 : column } };
  }

  #skipComment(): void {
    const found = this.#text.indexOf('\n', this.#at);
    this.#at = found < 0 ? this.#text.length : found;
  }

  #openParenthesis(): void {
    this.#open ??= this.#position();
    this.#depth++;
    this.#at++;
  }

  #closeParenthesis(): void {
    if (this.#depth === 0) this.#fail('UNBALANCED_PARENTHESES', 'a parenthesis ")" that was never opened');
    if (--this.#depth === 0) this.#open = undefined;
    this.#at++;
  }

  #quoted(isAdjacent: boolean): void {
    const text = this.#text;
    const position = this.#position();
    const start = this.#at + 1;
    let at = start;
    for (; ; at++) {
      const code = at < text.length ? text.charCodeAt(at) : newline;
      if (code === quotation) break;
      if (code === newline || this.#isLineEnd(code, at)) {
        const found = quote(text.slice(start - 1, at));
        throw new ZoneFileError(
          'UNTERMINATED_STRING',
          `a string that its line does not end: ${found}`,
          position,
        );
      }
      if (code === backslash && !this.#endsLine(at + 1)) at++;
      this.#at = at;
      this.#checkControl(text.charCodeAt(at), true);
    }
    this.#at = at + 1;
    this.#tokens.push({ text: text.slice(start, at), isQuoted: true, isAdjacent, ...position });
  }

  #unquoted(isAdjacent: boolean): void {
    const text = this.#text;
    const position = this.#position();
    const start = this.#at;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x20 && code < 0x7f) {
        if (code === backslash) {
          this.#at = ++at;
          if (this.#endsLine(at)) {
            throw new ZoneFileError('BAD_ESCAPE', 'a backslash with nothing behind it', position);
          }
          this.#checkControl(text.charCodeAt(at), true);
        } else if (code === semicolon || code === opening || code === closing || code === quotation) break;
      } else if (code <= 0x20 && (isBlank(code) || code === newline || this.#isLineEnd(code, at))) break;
      else {
        this.#at = at;
        this.#checkControl(code, false);
      }
    }
    this.#at = at;
    this.#tokens.push({ text: text.slice(start, at), isQuoted: false, isAdjacent, ...position });
  }

  /** A CR belongs to the line end only before LF: alone it might hide lines from an editor. */
  #isLineEnd(code: number, at: number = this.#at): boolean {
    return code === carriageReturn && this.#text.charCodeAt(at + 1) === newline;
  }

  #endsLine(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return at >= this.#text.length || code === newline || this.#isLineEnd(code, at);
  }

  #checkControl(code: number, tabAllowed: boolean): void {
    if ((code < 0x20 && !(tabAllowed && code === tab)) || code === 0x7f) {
      const found = `\\${String(code).padStart(3, '0')}`;
      this.#fail('BAD_CHARACTER', `a control character, which must be written as ${found}`);
    }
  }

  #position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #fail(code: ZoneFileErrorCode, reason: string): never {
    throw new ZoneFileError(code, reason, this.#position());
  }
}

const end = -1;
const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const quotation = 0x22;
const opening = 0x28;
const closing = 0x29;
const semicolon = 0x3b;
const backslash = 0x5c;

function isBlank(code: number): boolean {
  return code === 0x20 || code === tab;
}
