const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;

/** Value of a character plus one; 0 for what is none. */
const SEXTET: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, code) => alphabet.indexOf(String.fromCharCode(code)) + 1,
);

/** Base64 of RFC 4648 4, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += character(bits >> 18) + character(bits >> 12);
    text += i + 1 < bytes.length ? character(bits >> 6) : '=';
    text += i + 2 < bytes.length ? character(bits) : '=';
  }
  return text;
}

/**
 * The bytes of base64; `undefined` for what is none: a foreign character, padding that is wrong, six bits left over. RFC 9651 4.2.7 asks not to
 * fail where padding is missing or the bits that it fills are not zero.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let end = text.length;
  if (end % 4 === 0 && end > 0) {
    if (text.charCodeAt(end - 1) === PAD) end--;
    if (text.charCodeAt(end - 1) === PAD) end--;
  }
  if (end % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let length = 0;
  for (let at = 0; at < end; at++) {
    const sextet = SEXTET[text.charCodeAt(at)] ?? 0;
    if (sextet === 0) return undefined;
    bits = (bits << 6) | (sextet - 1);
    if (at % 4 !== 0) bytes[length++] = bits >> (6 - 2 * (at % 4));
  }
  return bytes;
}

function character(bits: number): string {
  return alphabet[bits & 63] as string;
}
