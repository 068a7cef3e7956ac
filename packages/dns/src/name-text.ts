import { DnsUsageError } from './errors.ts';
import { characterCodes } from './name-storage.ts';

export const maxLabelBytes = 63;
export const maxNameBytes = 255;
const dot = 0x2e;
const backslash = 0x5c;

/**
 * Reads presentation form (RFC 1035 5.1): writes the wire form at `start` of `block`, where there is room for 255 bytes, and returns its
 * length. @throws DnsUsageError `BAD_NAME`.
 */
export function parseText(text: string, block: Uint8Array, start: number): number {
  const limit = start + maxNameBytes - 1;
  let label = start;
  let at = start + 1;
  for (let index = 0; index < text.length; index++) {
    let byte = text.charCodeAt(index);
    if (byte === dot) {
      endLabel(block, label, at, text);
      label = at++;
      continue;
    }
    if (byte === backslash) {
      byte = unescape(text, index + 1);
      index += isDigit(text.charCodeAt(index + 1)) ? 3 : 1;
    }
    if (byte > 0x7f && text.charCodeAt(index) > 0x7f) throw badText(text, 'has a character above U+007F');
    if (at >= limit) throw tooLong();
    block[at++] = byte;
  }
  // The final dot began a label that never came: it is the root's.
  if (at === label + 1 && label > start) {
    block[label] = 0;
    return at - start;
  }
  endLabel(block, label, at, text);
  block[at] = 0;
  return at + 1 - start;
}

function endLabel(block: Uint8Array, label: number, end: number, text: string): void {
  const length = end - label - 1;
  if (length === 0) throw badText(text, 'has an empty label');
  if (length > maxLabelBytes) throw badText(text, 'has a label of more than 63 bytes');
  block[label] = length;
}

/** The byte that an escape stands for; `index` is behind its backslash. */
function unescape(text: string, index: number): number {
  const first = text.charCodeAt(index);
  if (index >= text.length) throw badText(text, 'ends in a backslash');
  if (!isDigit(first)) return first;
  const digits = text.slice(index, index + 3);
  const value = /^\d{3}$/.test(digits) ? Number(digits) : 256;
  if (value > 255) throw badText(text, `has a bad escape \\${digits}`);
  return value;
}

/** Presentation form of the name at `start` of `block`. */
export function formatText(block: Uint8Array, start: number, byteLength: number): string {
  if (byteLength === 1) return '.';
  // As many characters as bytes but the root's: a dot behind each label for the length before it.
  const codes = characterCodes(byteLength - 1);
  let index = 0;
  for (let at = start; block[at] !== 0;) {
    const end = at + 1 + (block[at] as number);
    for (at++; at < end; at++) {
      const byte = block[at] as number;
      if (isEscaped[byte] === 1) return writeEscaped(block, start);
      codes[index++] = byte;
    }
    codes[index++] = dot;
  }
  return String.fromCharCode.apply(null, codes);
}

function writeEscaped(block: Uint8Array, start: number): string {
  let text = '';
  for (let at = start; block[at] !== 0;) {
    const end = at + 1 + (block[at] as number);
    for (at++; at < end; at++) {
      const byte = block[at] as number;
      text += escapes[byte] ?? String.fromCharCode(byte);
    }
    text += '.';
  }
  return text;
}

/** How a byte is written that cannot stand as itself. */
const escapes: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
  const character = String.fromCharCode(byte);
  return '."$();@\\'.includes(character) ? `\\${character}` : undefined;
});

const isEscaped: Uint8Array = Uint8Array.from(escapes, (escape) => (escape === undefined ? 0 : 1));

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function tooLong(): DnsUsageError {
  return new DnsUsageError('BAD_NAME', 'a name of more than 255 bytes');
}

function badText(text: string, fault: string): DnsUsageError {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return new DnsUsageError('BAD_NAME', `${JSON.stringify(shown)} ${fault}`);
}
