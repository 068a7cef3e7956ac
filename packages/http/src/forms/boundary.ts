import { HttpUsageError } from '../errors.ts';
import { alphanumeric, isAll, tableOf } from '../fields/cursor.ts';
import { FormError } from './errors.ts';

/** `bchars` of RFC 2046 5.1.1. */
const BOUNDARY: Uint8Array = tableOf(`${alphanumeric}'()+_,-./:=? `);
const maxLength = 70;
const randomCharacters = 32;

/** `0*69<bchars> bcharsnospace`: 1 to 70 characters, the last one no space. */
export function isBoundary(text: unknown): boolean {
  return typeof text === 'string' && text.length <= maxLength && isAll(BOUNDARY, text) && !text.endsWith(' ');
}

/** @throws FormError `BAD_BOUNDARY` for one that a peer may not name. */
export function requireBoundary(boundary: string | undefined): string {
  if (boundary === undefined) throw new FormError('BAD_BOUNDARY', 'a form without a boundary');
  if (isBoundary(boundary)) return boundary;
  throw new FormError('BAD_BOUNDARY', 'a boundary that RFC 2046 5.1.1 does not allow');
}

/** @throws HttpUsageError `BAD_OPTION` for one that may not be sent. */
export function checkBoundary(boundary: string): string {
  if (isBoundary(boundary)) return boundary;
  throw new HttpUsageError('BAD_OPTION', `${JSON.stringify(boundary)} is no boundary (RFC 2046 5.1.1)`);
}

/**
 * One that nobody can foresee, and so nobody can have put into what is sent: 192 bits from the platform's generator. Its first characters
 * are those of browsers, which some servers expect.
 */
export function randomBoundary(): string {
  let text = '----wirestack';
  for (const byte of crypto.getRandomValues(new Uint8Array(randomCharacters)))
    text += sixBits.charAt(byte & 63);
  return text;
}

/** No dot, comma or slash: a boundary of letters, digits, `-` and `_` needs no quotes in Content-Type. */
const sixBits = `${alphanumeric}-_`;
