import { isAscii, latin1 } from '../protocol/octets.ts';
import { FormError } from './errors.ts';

/** What bytes of text are in. */
export interface Charset {
  decode(bytes: Uint8Array): string;
}

/** The encoding that forms are in unless they say otherwise. A byte order mark is text here, as in WHATWG's "UTF-8 decode without BOM". */
export const utf8Text: Charset = new TextDecoder('utf-8', { ignoreBOM: true });

/** A charset as a peer names it. Never UTF-7 or UTF-32: WHATWG's labels. @throws FormError `UNSUPPORTED_CHARSET` */
export function charsetOf(label: string): Charset {
  try {
    const decoder = new TextDecoder(label, { ignoreBOM: true });
    if (decoder.encoding === 'utf-8') return utf8Text;
    return decoder.encoding === 'windows-1252' ? windows1252 : decoder;
  } catch {
    throw new FormError('UNSUPPORTED_CHARSET', `charset ${JSON.stringify(label.slice(0, 40))} is not known`);
  }
}

/** What WHATWG takes ISO-8859-1 for. Node 20 and 22 do not know its characters from 0x80 to 0x9F. */
const windows1252: Charset = {
  decode: (bytes) =>
    latin1(bytes, 0, bytes.length).replace(/[\x80-\x9f]/g, (character) =>
      above0x80.charAt(character.charCodeAt(0) - 0x80),
    ),
};
const above0x80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * The text of `bytes[start, end)`. What is no text in its charset becomes U+FFFD, as in browsers. Short ASCII, which most values are, is
 * read without the decoder: its call costs as much as reading two hundred bytes.
 */
export function decodeText(charset: Charset, bytes: Uint8Array, start: number, end: number): string {
  if (charset === utf8Text && end - start <= shortBytes) {
    let at = start;
    while (at < end && (bytes[at] as number) < 0x80) at++;
    if (at === end) return latin1(bytes, start, end);
  }
  return charset.decode(bytes.subarray(start, end));
}

const shortBytes = 128;

/** The text of octets of UTF-8 that came as characters, one an octet. */
export function decodeOctets(octets: string): string {
  if (isAscii(octets)) return octets;
  const bytes = new Uint8Array(octets.length);
  for (let at = 0; at < octets.length; at++) bytes[at] = octets.charCodeAt(at);
  return utf8Text.decode(bytes);
}
