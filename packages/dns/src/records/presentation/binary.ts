/** Base 16 and base 64 (RFC 4648) as master files use them. No `Buffer`, no `atob`: the one is Node's, the other forgives too much. */

const hexDigits = '0123456789ABCDEF';

export function formatHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (hexDigits[byte >>> 4] as string) + (hexDigits[byte & 15] as string);
  return text;
}

/** `undefined` for what is not pairs of hexadecimal digits. */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || /[^\da-f]/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function formatBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += (alphabet[group >>> 18] as string) + (alphabet[(group >>> 12) & 63] as string);
    text += left > 1 ? (alphabet[(group >>> 6) & 63] as string) : '=';
    text += left > 2 ? (alphabet[group & 63] as string) : '=';
  }
  return text;
}

const values: ReadonlyMap<string, number> = new Map(Array.from(alphabet, (digit, value) => [digit, value]));

/** `undefined` for what is not whole groups of four with the padding that belongs there, or has bits behind the last byte. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let length = 0;
  for (let at = 0; at < text.length; at += 4) {
    let group = 0;
    for (let index = at; index < at + 4; index++)
      group = (group << 6) | (values.get(text.charAt(index)) ?? 0);
    const kept = Math.min(3, bytes.length - length);
    // RFC 4648 3.5: bits that no byte takes must be 0, or one value had several texts.
    if ((group & ((1 << (8 * (3 - kept))) - 1)) !== 0) return undefined;
    for (let shift = 16; shift > 16 - 8 * kept; shift -= 8) bytes[length++] = group >>> shift;
  }
  return bytes;
}
