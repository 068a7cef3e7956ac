import { HEX, latin1, TOKEN, utf8 } from '../protocol/octets.ts';
import { alphanumeric, isAll, tableOf } from './cursor.ts';
import { unwritable } from './quoted-string.ts';
import { decodeUtf8, hasLoneSurrogate } from './utf8.ts';

const PERCENT = 0x25;
/** What a language tag (RFC 5646 2.1) is made of. */
const LANGUAGE: Uint8Array = tableOf(`${alphanumeric}-`);

/**
 * The text of an `ext-value` (RFC 8187 3.2): `UTF-8''%e2%82%ac%20rates`; its language is dropped. `undefined` for all else, for octets that
 * are no UTF-8, and for control characters, which nobody has a use for in a name. Charsets are UTF-8, and ISO-8859-1, which RFC 5987
 * let be sent.
 */
export function parseExtendedValue(value: string): string | undefined {
  const [charset, language, encoded, more] = value.split("'", 4);
  if (charset === undefined || language === undefined || encoded === undefined || more !== undefined)
    return undefined;
  const octets = octetsOf(encoded);
  if (octets === undefined || !(language === '' || isAll(LANGUAGE, language))) return undefined;
  const text = decode(charset.toLowerCase(), octets);
  return text === undefined || hasControls(text) ? undefined : text;
}

/**
 * `UTF-8''` and the text, all that is no `attr-char` percent-encoded.
 *
 * @throws HttpUsageError `BAD_FIELD` for a control character, or half of a surrogate pair, which UTF-8 cannot say.
 */
export function formatExtendedValue(text: string): string {
  if (typeof text !== 'string' || hasControls(text) || hasLoneSurrogate(text)) {
    throw unwritable('an extended value', text);
  }
  let encoded = '';
  for (const octet of utf8(text)) {
    const isPlain = ATTR_CHAR[octet] === 1;
    encoded += isPlain ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return `UTF-8''${encoded}`;
}

/** C0, DEL and C1. */
function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** `attr-char` of RFC 8187 3.2.1: a token's characters without `*`, `'` and `%`. */
const ATTR_CHAR: Uint8Array = TOKEN.map((is, code) =>
  is === 1 && !"*'%".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** `*( pct-encoded / attr-char )` */
function octetsOf(encoded: string): Uint8Array | undefined {
  const octets = new Uint8Array(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    const code = encoded.charCodeAt(at);
    if (ATTR_CHAR[code] === 1) {
      octets[length++] = code;
      continue;
    }
    const high = HEX[encoded.charCodeAt(at + 1)] ?? 0;
    const low = HEX[encoded.charCodeAt(at + 2)] ?? 0;
    if (code !== PERCENT || high === 0 || low === 0) return undefined;
    octets[length++] = (high - 1) * 16 + low - 1;
    at += 2;
  }
  return octets.subarray(0, length);
}

function decode(charset: string, octets: Uint8Array): string | undefined {
  if (charset === 'utf-8') return decodeUtf8(octets);
  return charset === 'iso-8859-1' ? latin1(octets, 0, octets.length) : undefined;
}
