/** What is wrong with text that stands for bytes. */
export interface Fault {
  readonly code: 'BAD_ESCAPE' | 'BAD_CHARACTER';
  readonly reason: string;
}

/**
 * The bytes that a token stands for (RFC 1035 5.1): `\DDD` is a byte, `\X` is X. Characters above U+007F are their UTF-8 bytes, as
 * they are for servers that read the file as bytes.
 */
export function unescapeBytes(text: string): Uint8Array | Fault {
  if (!/[^ -[\]-~]/.test(text)) return plainBytes(text);
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) as number;
    if (code === backslash) {
      const digits = /^\d{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
      if (digits !== undefined) {
        if (digits.length < 3 || Number(digits) > 255) {
          return { code: 'BAD_ESCAPE', reason: `\\${digits} is no byte: three digits of at most 255` };
        }
        bytes[length++] = Number(digits);
        at += 4;
        continue;
      }
      at++;
      if (at === text.length) return { code: 'BAD_ESCAPE', reason: 'a backslash with nothing behind it' };
    }
    const character = text.codePointAt(at) as number;
    if (character >= 0xd800 && character <= 0xdfff) {
      return { code: 'BAD_CHARACTER', reason: 'half of a surrogate pair, which is no character' };
    }
    if (character < 0x80) bytes[length++] = character;
    else length += encoder.encodeInto(String.fromCodePoint(character), bytes.subarray(length)).written;
    at += character > 0xffff ? 2 : 1;
  }
  return bytes.slice(0, length);
}

/** Bytes as a quoted string: printable ASCII as it is, but for `"` and `\`. */
export function formatString(bytes: Uint8Array): string {
  let text = '"';
  for (const byte of bytes) text += written[byte] as string;
  return `${text}"`;
}

/** As {@link formatString}, without quotes where none are needed: not empty, nothing but letters, digits and harmless signs. */
export function formatBareString(bytes: Uint8Array): string {
  const quoted = formatString(bytes);
  const bare = quoted.slice(1, -1);
  return /^[\w!#%&*+,./:<=>?[\]^`{|}~-]+$/.test(bare) ? bare : quoted;
}

const encoder = new TextEncoder();
const backslash = 0x5c;

const written: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
  const character = String.fromCharCode(byte);
  return character === '"' || character === '\\' ? `\\${character}` : character;
});

function plainBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
