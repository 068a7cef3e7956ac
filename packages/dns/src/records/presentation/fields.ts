import { DnsUsageError } from '../../errors.ts';
import { Name } from '../../name.ts';
import { parseBase64, parseHex } from './binary.ts';
import { unescapeBytes } from './character-string.ts';
import type { Entry, Token } from './scanner.ts';
import { parseSeconds } from './ttl.ts';
import { quote, ZoneFileError, type Position, type ZoneFileErrorCode } from './zone-file-error.ts';

/** Reads an entry field by field. Every error stands at its field's token, or where the entry ends. */
export class Fields {
  readonly #tokens: readonly Token[];
  readonly #end: Position;
  readonly #origin: Name | undefined;
  #at = 0;

  /** @param origin what relative names and `@` are taken from. */
  constructor(entry: Entry, origin: Name | undefined) {
    this.#tokens = entry.tokens;
    this.#end = entry.end;
    this.#origin = origin;
  }

  /** The next token without taking it. */
  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** Takes the next token. @param what the field's name, for messages. */
  token(what: string): Token {
    const token = this.peek();
    if (token === undefined) this.fail('MISSING_FIELD', `the line ends where ${what} is expected`, this.#end);
    this.#at++;
    return token;
  }

  /** A token that cannot be quoted: `"3600"` is no number, nor a name. */
  word(what: string, code: ZoneFileErrorCode = 'BAD_RDATA'): Token {
    const token = this.token(what);
    if (token.isQuoted) this.fail(code, `expected ${what}, found the string ${quote(token.text)}`, token);
    return token;
  }

  /** All that is left, one token at least. */
  rest(what: string): readonly [Token, ...Token[]] {
    const tokens: [Token, ...Token[]] = [this.word(what)];
    while (!this.isAtEnd) tokens.push(this.word(what));
    return tokens;
  }

  /** @throws ZoneFileError `EXTRA_FIELD` where something is left. */
  finish(): void {
    const token = this.peek();
    if (token !== undefined) this.fail('EXTRA_FIELD', `more than belongs here: ${quote(token.text)}`, token);
  }

  name(what: string): Name {
    const token = this.word(what, 'BAD_NAME');
    return this.nameOf(token);
  }

  nameOf(token: Token): Name {
    const { text } = token;
    if (text === '@') return this.#originAt(token);
    try {
      if (text === '.' || isAbsolute(text)) return Name.parse(text);
      const origin = this.#originAt(token).toString();
      return Name.parse(origin === '.' ? `${text}.` : `${text}.${origin}`);
    } catch (error) {
      if (!(error instanceof DnsUsageError)) throw error;
      this.fail('BAD_NAME', `${quote(text)} is no domain name: ${error.message}`, token);
    }
  }

  u8(what: string): number {
    return this.#number(what, 0xff);
  }

  u16(what: string): number {
    return this.#number(what, 0xffff);
  }

  u32(what: string): number {
    return this.#number(what, 0xffff_ffff);
  }

  /** Seconds, as a number or in units: 32 bits. */
  seconds(what: string): number {
    const token = this.word(what);
    const seconds = parseSeconds(token.text);
    if (seconds === undefined) this.#unexpected(`${what}, a time of 32 bits`, token);
    return seconds;
  }

  /** A `<character-string>`: 255 bytes at most. */
  string(what: string): Uint8Array {
    const token = this.token(what);
    const bytes = this.bytesOf(token);
    if (bytes.length > 255) {
      this.fail('BAD_RDATA', `${what} has ${String(bytes.length)} bytes, at most 255 are allowed`, token);
    }
    return bytes;
  }

  /** The bytes that a token stands for, however many. */
  bytesOf(token: Token): Uint8Array {
    const bytes = unescapeBytes(token.text);
    if (bytes instanceof Uint8Array) return bytes;
    this.fail(bytes.code, `${bytes.reason}: ${quote(token.text)}`, token);
  }

  /** All that is left, in base 16, one byte at least; white space in it does not count. */
  hex(what: string): Uint8Array {
    return this.#joined(what, 'pairs of hexadecimal digits', parseHex);
  }

  /** All that is left, in base 64, one byte at least; white space in it does not count. */
  base64(what: string): Uint8Array {
    return this.#joined(what, 'base 64', parseBase64);
  }

  fail(code: ZoneFileErrorCode, reason: string, at: Position): never {
    throw new ZoneFileError(code, reason, at);
  }

  #originAt(token: Token): Name {
    if (this.#origin !== undefined) return this.#origin;
    return this.fail('NO_ORIGIN', `${quote(token.text)} is relative, and there is no origin`, token);
  }

  #number(what: string, max: number): number {
    const token = this.word(what);
    const number = /^\d{1,10}$/.test(token.text) ? Number(token.text) : -1;
    if (number < 0 || number > max) this.#unexpected(`${what}, a number of 0 to ${String(max)}`, token);
    return number;
  }

  #joined(what: string, form: string, parse: (text: string) => Uint8Array | undefined): Uint8Array {
    const tokens = this.rest(what);
    const bytes = parse(tokens.map(({ text }) => text).join(''));
    if (bytes !== undefined && bytes.length > 0) return bytes;
    // The token at fault, where one can be told: what no digit could be.
    const wrong = tokens.find(({ text }) => /[^\w+/=]/.test(text)) ?? tokens[0];
    return this.#unexpected(`${what} in ${form}`, wrong);
  }

  #unexpected(expected: string, token: Token): never {
    this.fail('BAD_RDATA', `expected ${expected}, found ${quote(token.text)}`, token);
  }
}

/** Whether the text ends in a dot that is not escaped. */
function isAbsolute(text: string): boolean {
  if (!text.endsWith('.')) return false;
  let at = text.length - 1;
  while (at > 0 && text[at - 1] === '\\') at--;
  return (text.length - 1 - at) % 2 === 0;
}
