import { isUtf8 } from 'node:buffer';
import { RpcUsageError } from '../../errors.ts';

/** @throws Error, whose message may be told to the peer, for bytes that are no UTF-8, no JSON, or nest deeper than `maxDepth`. */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  if (!nestsWithin(bytes, maxDepth)) throw new Error(`nested deeper than ${String(maxDepth)}`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  // What is no UTF-8 is read as U+FFFD; that may also have been sent.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new Error('not UTF-8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('not JSON');
  }
}

/**
 * @throws RpcUsageError for what JSON has no form for: NaN and infinities, at any depth; bigint; cycles; and at the top a function or
 * symbol. `undefined` at the top, or in an array, is `null`.
 */
export function stringify(value: unknown): string {
  let text: unknown;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new RpcUsageError(`no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof text !== 'string') {
    if (value === undefined) return 'null';
    throw new RpcUsageError(`no JSON: a ${typeof value}`);
  }
  // Only where there is a null can a number have become one: the walk is rarely paid for.
  if (text.includes('null')) refuseNonFinite(value);
  return text;
}

function refuseNonFinite(root: unknown): void {
  const rest: unknown[] = [root];
  for (let value; rest.length > 0;) {
    value = rest.pop();
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RpcUsageError(`no JSON: ${String(value)}`);
    }
    if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
      for (const member of Object.values(value) as unknown[]) rest.push(member);
    }
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openArray = 0x5b;
const openObject = 0x7b;

/** Whether arrays and objects nest no deeper than `maxDepth`. Looks at every byte only where there are enough brackets to do so. */
function nestsWithin(bytes: Uint8Array, maxDepth: number): boolean {
  if (
    bytes.length <= maxDepth ||
    count(bytes, openArray, maxDepth) + count(bytes, openObject, maxDepth) <= maxDepth
  ) {
    return true;
  }
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === quote) {
      i = endOfString(bytes, i);
    } else if (byte === openArray || byte === openObject) {
      if (++depth > maxDepth) return false;
    } else if (byte === openArray + 2 || byte === openObject + 2) {
      depth--;
    }
  }
  return true;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i;
}

/** How often `byte` occurs, counted to just above `enough`. */
function count(bytes: Uint8Array, byte: number, enough: number): number {
  let found = 0;
  for (let at = bytes.indexOf(byte); at >= 0 && found <= enough; at = bytes.indexOf(byte, at + 1)) found++;
  return found;
}
