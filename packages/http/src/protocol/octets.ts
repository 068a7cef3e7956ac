/** Character classes of RFC 9110 and 9112 as tables of 256, and text from bytes. */

function table(accepts: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(accepts(code)));
}

function oneOf(characters: string): (code: number) => boolean {
  const codes = new Set(Array.from(characters, (character) => character.charCodeAt(0)));
  return (code) => codes.has(code);
}

const isAlphanumeric = oneOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const isTokenMark = oneOf("!#$%&'*+-.^_`|~");
const isRegNameMark = oneOf("-._~!$&'()*+,;=%");

/** `tchar`, RFC 9110 5.6.2. */
export const TOKEN: Uint8Array = table((code) => isAlphanumeric(code) || isTokenMark(code));
/** What a field value may hold: HTAB, SP, VCHAR, obs-text. RFC 9110 5.5. */
export const FIELD_VALUE: Uint8Array = table((code) => code === 9 || (code >= 32 && code !== 127));
/** What a request target may hold: visible ASCII but `#`. Browsers send `|`, `{` and their like unescaped, so they pass. */
export const TARGET: Uint8Array = table((code) => code > 32 && code < 127 && code !== 0x23);
/** The same under `allowAnyTargetCharacters`: whatever is neither a control character nor a space. */
export const ANY_TARGET: Uint8Array = table((code) => code > 32 && code !== 127);
/** `reg-name` of a host with `%` for its escapes, RFC 3986 3.2.2. */
export const REG_NAME: Uint8Array = table((code) => isAlphanumeric(code) || isRegNameMark(code));
/** Value of a hexadecimal digit plus one; 0 for anything else. */
export const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 0 : value + 1;
});

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const COMMA = 0x2c;

/** ISO-8859-1 text of `bytes[start, end)`: one character a byte, so nothing is lost. */
export const latin1: (bytes: Uint8Array, start: number, end: number) => string =
  typeof Buffer === 'function' ? latin1Native : latin1Portable;

/** UTF-8 bytes of `text`. */
export const utf8: (text: string) => Uint8Array =
  typeof Buffer === 'function'
    ? (text) => Buffer.from(text, 'utf8')
    : (text) => new TextEncoder().encode(text);

/** True where every character is one byte in UTF-8. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** `value` without blanks and tabs at either end: `trim()` would take U+00A0 too, which is an octet of a value. */
export function trimBlanks(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Compares `bytes` from `start` with lower-case ASCII letters and marks of `name`, letters in either case. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = bytes[start + i] as number;
    if ((code >= 0x41 && code <= 0x5a ? code | 0x20 : code) !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `length` bytes are the same. What differs mostly does so in its first bytes; the rest of a long piece is left to the platform. */
export function isSame(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  const mayCompare = length > loopBelowBytes && typeof Buffer === 'function' && a instanceof Buffer;
  const looped = mayCompare ? loopBelowBytes / 2 : length;
  for (let i = 0; i < looped; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  if (!mayCompare) return true;
  return a.compare(b, bStart + looped, bStart + length, aStart + looped, aStart + length) === 0;
}

/** Below this the loop beats the call into native code, which costs about 300 ns before the first byte. */
const loopBelowBytes = 64;

function latin1Native(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < loopBelowBytes) return latin1Portable(bytes, start, end);
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}

/** Eight characters a call: one string made for each eight bytes instead of one for each. */
function latin1Portable(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let i = start;
  for (; i + 8 <= end; i += 8) {
    text += String.fromCharCode(
      bytes[i] as number,
      bytes[i + 1] as number,
      bytes[i + 2] as number,
      bytes[i + 3] as number,
      bytes[i + 4] as number,
      bytes[i + 5] as number,
      bytes[i + 6] as number,
      bytes[i + 7] as number,
    );
  }
  if (i + 4 <= end) {
    text += String.fromCharCode(
      bytes[i] as number,
      bytes[i + 1] as number,
      bytes[i + 2] as number,
      bytes[i + 3] as number,
    );
    i += 4;
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}
