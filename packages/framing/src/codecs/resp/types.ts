/** The first byte of each type. */
export const exclamation = 0x21;
export const hash = 0x23;
export const dollar = 0x24;
export const mapType = 0x25;
export const parenthesis = 0x28;
export const arrayType = 0x2a;
export const plus = 0x2b;
export const comma = 0x2c;
export const minus = 0x2d;
export const dot = 0x2e;
export const colon = 0x3a;
export const semicolon = 0x3b;
export const equals = 0x3d;
export const pushType = 0x3e;
export const underscore = 0x5f;
export const attributesType = 0x7c;
export const setType = 0x7e;

export const lf = 0x0a;
export const cr = 0x0d;

/** The kinds of lines: those that are text, and those that are short, be they valid. */
export const noLine = 0;
export const shortLine = 1;
const textLine = 2;
/** A double of redis has some twenty bytes; a length or an integer no more. */
export const maxShortLine = 64;

/** By first byte, what kind of line it is. */
export const kindsOf2: Uint8Array = lineKinds(':$*', '+-');
export const kindsOf3: Uint8Array = lineKinds(':$*!#,.;=_%~>|', '+-(');

/** What may come without its length (RESP3, Streamed aggregated data types). */
export const streamable: readonly number[] = [arrayType, mapType, setType];

function lineKinds(short: string, text: string): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const type of short) kinds[type.charCodeAt(0)] = shortLine;
  for (const type of text) kinds[type.charCodeAt(0)] = textLine;
  return kinds;
}

/** For a message: what is no visible character of ASCII is a dot. */
export function quoted(bytes: Iterable<number>): string {
  const visible = (byte: number): string => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');
  return `"${Array.from(bytes, visible).join('')}"`;
}
