import { expect } from 'vitest';
import { DnsFormatError, type DnsFormatErrorCode } from '../src/errors.ts';

/** `hex('00 05 "www" ca')` → bytes: pairs of digits, and text in quotes as ASCII. */
export function hex(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [token] of text.matchAll(/"[^"]*"|[0-9a-fA-F]{2}|\S/g)) {
    if (token.startsWith('"') && token.length > 1) {
      bytes.push(...Array.from(token.slice(1, -1), (character) => character.charCodeAt(0)));
    } else if (token.length === 2) bytes.push(Number.parseInt(token, 16));
    else throw new TypeError(`not hexadecimal: ${token}`);
  }
  return Uint8Array.from(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** 16 bits, big-endian. */
export function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}

export function expectFormatError(run: () => unknown, code: DnsFormatErrorCode, offset: number): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DnsFormatError);
  expect({ code: (thrown as DnsFormatError).code, offset: (thrown as DnsFormatError).offset }).toEqual({
    code,
    offset,
  });
}
