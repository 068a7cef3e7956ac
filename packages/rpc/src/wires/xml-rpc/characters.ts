/** The characters that XML knows, and their bytes. */
export const tab = 0x09;
export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;
export const space = 0x20;
export const exclamation = 0x21;
export const doubleQuote = 0x22;
export const ampersand = 0x26;
export const singleQuote = 0x27;
export const minus = 0x2d;
export const point = 0x2e;
export const slash = 0x2f;
export const zero = 0x30;
export const semicolon = 0x3b;
export const lessThan = 0x3c;
export const equals = 0x3d;
export const greaterThan = 0x3e;
export const question = 0x3f;

/** What a byte of text is: copied, copied as part of a longer character, looked at, or refused (XML 1.0 section 2.2). */
export const plain = 0;
export const wide = 1;
const special = 2;
export const forbidden = 3;
export const kinds: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return wide;
  if (byte === tab || byte === lineFeed) return plain;
  if (byte === carriageReturn) return special;
  if (byte < 0x20) return forbidden;
  return byte === lessThan || byte === ampersand || byte === greaterThan ? special : plain;
});

/** 1 for what a name of XML begins with, 2 for what it has besides. Beyond ASCII all is let in. */
export const nameBytes: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z_:\x80-\xff]/.test(character)) return 1;
  return /[-.0-9]/.test(character) ? 2 : 0;
});

export const entities: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', 0x26],
  ['quot', 0x22],
  ['apos', 0x27],
]);

/** XML 1.0 section 2.2, production 2. */
export function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === tab || code === lineFeed || code === carriageReturn;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

export function writeUtf8(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return 1;
  }
  const character = Buffer.from(String.fromCodePoint(code));
  bytes.set(character, at);
  return character.length;
}
