import { HttpUsageError } from '../errors.ts';
import { Cursor, DQUOTE, EQUALS } from '../fields/cursor.ts';
import { parseExtendedValue } from '../fields/extended-value.ts';
import { unwritable } from '../fields/quoted-string.ts';
import { hasLoneSurrogate } from '../fields/utf8.ts';
import { SEMICOLON } from '../protocol/octets.ts';
import { decodeOctets } from './text-decoding.ts';

/** What `Content-Disposition: form-data` says of a part (RFC 7578 4.2). */
export interface FormDisposition {
  readonly name: string;
  /** Octets of the name as it was sent. */
  readonly nameBytes: number;
  /** Undefined for a part that is no file; a file that nobody chose has an empty one. */
  readonly filename: string | undefined;
}

/**
 * Reads `form-data; name="a"; filename="b"`, of one character an octet, as browsers write it: raw UTF-8 in quotes, where `%22`, `%0D` and `%0A`
 * stand for `"`, CR and LF, and a backslash for itself (WHATWG HTML, multipart/form-data encoding algorithm). A `filename*` that can be read
 * comes before `filename`. `undefined` for all else: another disposition, no name, a parameter that stands twice.
 *
 * Older programs escape by backslashes. Who does shows it by a `\"` that cannot be the end of the string: then they are taken off.
 */
export function parseFormDisposition(value: string): FormDisposition | undefined {
  const cursor = new Cursor(value);
  if (cursor.token()?.toLowerCase() !== 'form-data') return undefined;
  let name: string | undefined;
  let filename: string | undefined;
  let extended: string | undefined;
  for (;;) {
    cursor.skipBlanks();
    if (cursor.isAtEnd()) break;
    if (!cursor.take(SEMICOLON)) return undefined;
    cursor.skipBlanks();
    const parameter = cursor.token()?.toLowerCase();
    if (parameter === undefined) continue;
    const text = cursor.take(EQUALS) ? readValue(cursor) : undefined;
    if (text === undefined) return undefined;
    if (parameter === 'name') {
      if (name !== undefined) return undefined;
      name = text;
    } else if (parameter === 'filename') {
      if (filename !== undefined) return undefined;
      filename = text;
    } else if (parameter === 'filename*') {
      if (extended !== undefined) return undefined;
      extended = text;
    } else if (continued.test(parameter)) {
      return undefined;
    }
  }
  if (name === undefined) return undefined;
  const readable = extended === undefined ? undefined : parseExtendedValue(extended);
  const plain = filename ?? (extended === undefined ? undefined : '');
  return {
    name: decodeName(name),
    nameBytes: name.length,
    filename: readable ?? (plain === undefined ? undefined : decodeName(plain)),
  };
}

/** A name in several parameters (RFC 2231 3): mail's, and not for forms. Readers that know it would see a file where others see a field. */
const continued = /^(?:file)?name\*\d/;

/** A token, or what stands in quotes, nothing decoded but the backslashes of those who escape by them. */
function readValue(cursor: Cursor): string | undefined {
  if (cursor.code !== DQUOTE) return cursor.token();
  const { text } = cursor;
  const start = cursor.at + 1;
  let isEscaping = false;
  for (let from = start; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    if (quote === start || text[quote - 1] !== '\\' || endsParameter(text, quote + 1)) {
      cursor.at = quote + 1;
      const value = text.slice(start, quote);
      return isEscaping ? value.replace(/\\(["\\])/g, '$1') : value;
    }
    isEscaping = true;
    from = quote + 1;
  }
}

/** Whether blanks and the next parameter follow, or nothing. */
function endsParameter(text: string, at: number): boolean {
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at >= text.length || text[at] === ';';
}

function decodeName(octets: string): string {
  const text = decodeOctets(octets);
  return text.includes('%') ? text.replace(/%(?:22|0[DA])/g, (escape) => unescaped[escape] ?? '') : text;
}

const unescaped: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

/**
 * `form-data; name="a"; filename="b"` as browsers write it: `"`, CR and LF as `%22`, `%0D`, `%0A`, the rest as it is, to be sent as UTF-8.
 *
 * @throws HttpUsageError `BAD_FIELD` for other control characters, or half of a surrogate pair
 */
export function formatFormDisposition(name: string, filename?: string): string {
  const start = `form-data; name="${encodeName('the name of a part', name)}"`;
  return filename === undefined ? start : `${start}; filename="${encodeName('a filename', filename)}"`;
}

function encodeName(what: string, name: string): string {
  if (typeof name !== 'string') throw new HttpUsageError('BAD_FIELD', `${what} is a ${typeof name}`);
  const encoded = name.replace(/["\r\n]/g, (character) => escaped[character] ?? '');
  if (hasControls(encoded) || hasLoneSurrogate(encoded)) throw unwritable(what, name);
  return encoded;
}

const escaped: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' };

/** What no field value may hold: C0 but HTAB, and DEL. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
