import { isAscii, latin1, utf8 } from './octets.ts';
import { flatten } from './writer.ts';

/** A body that is known as a whole; what is too large to be copied into one string stays apart. */
export type WholeBody = string | Uint8Array;

/** Bytes to write: latin1 text, or text and the bytes behind it. */
export type Output = string | readonly [head: string, body: Uint8Array];

/** What is written of a piece of a body that has no bytes. */
export const nothing: readonly [string, Uint8Array, string] = ['', new Uint8Array(0), ''];

/** Above this a body is written by itself: copying it into the head's string costs more than a second buffer. */
const inlineBytes = 16_384;

/** Short enough to go into the string of its head. */
export function isInline(body: WholeBody): boolean {
  return typeof body === 'string' ? body.length < inlineBytes : body.length < inlineBytes / 4;
}

/** The bytes of `body`, one a character. */
export function inlineText(body: WholeBody): string {
  if (typeof body === 'string' && isAscii(body)) return body;
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return latin1(bytes, 0, bytes.length);
}

export function lengthLine(length: number): string {
  return `Content-Length: ${String(length)}\r\n`;
}

/** Content-Length and the end of the head; those of short bodies are kept. */
export function lastLengthLine(length: number): string {
  if (length >= keptLengthLines) return makeLengthLine(length);
  return (lengthLines[length] ??= makeLengthLine(length));
}

function makeLengthLine(length: number): string {
  return flatten(`Content-Length: ${String(length)}\r\n\r\n`);
}

const keptLengthLines = 2048;
const lengthLines: (string | undefined)[] = Array.from({ length: keptLengthLines }, () => undefined);
