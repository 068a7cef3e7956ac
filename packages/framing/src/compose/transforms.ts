import { FramingError, FramingUsageError } from '../errors.ts';
import type { Transform } from './chain.ts';

export interface Utf8Options {
  /** Bytes that are no UTF-8 are `MALFORMED`, and text with half a surrogate pair is refused. `false`: both become U+FFFD. Default true. */
  readonly fatal?: boolean;
}

/** Bytes as UTF-8 text (RFC 3629). A byte order mark is text like any other. */
export function utf8({ fatal = true }: Utf8Options = {}): Transform<Uint8Array, string> {
  const decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true });
  const encoder = new TextEncoder();
  return {
    name: 'utf8',
    decode: (bytes) => decoder.decode(bytes),
    encode: (text) => {
      // The types say so; where nothing checks them, bytes would be sent as "1,2,3".
      if (typeof (text as unknown) !== 'string') throw new FramingUsageError(`${typeof text} is no text`);
      if (fatal && /\p{Surrogate}/u.test(text)) {
        throw new FramingUsageError('the text has half a surrogate pair, which UTF-8 cannot carry');
      }
      return encoder.encode(text);
    },
  };
}

export interface JsonOptions {
  /**
   * How deep arrays and objects may nest. Default 64, serde_json has 128: `JSON.parse` has no limit, and what walks the value is often
   * recursive.
   */
  readonly maxDepth?: number;
  /** The codec's messages are text, as those of `lines()`; default false: they are bytes, of UTF-8 as RFC 8259 8.1 has it. */
  readonly text?: boolean;
}

/**
 * Messages as JSON (RFC 8259). The depth is found in the text before a tree is built of it: beyond the limit `FramingError` `TOO_LARGE`;
 * what is no JSON is `MALFORMED`. The encoder refuses what JSON cannot say (`undefined`, cycles, `BigInt`) and what nests too deep.
 *
 * @throws FramingUsageError for a depth that is no whole number of 1 or more.
 */
export function json(options?: JsonOptions & { readonly text?: false }): Transform<Uint8Array, unknown>;
export function json(options: JsonOptions & { readonly text: true }): Transform<string, unknown>;
export function json({ maxDepth = 64, text = false }: JsonOptions = {}):
  Transform<Uint8Array, unknown> | Transform<string, unknown> {
  if (!Number.isSafeInteger(maxDepth) || maxDepth < 1) {
    throw new FramingUsageError(`maxDepth is ${String(maxDepth)}, expected a whole number of 1 or more`);
  }
  const decode = (source: string): unknown => {
    if (isDeeper(source, maxDepth)) {
      throw new FramingError('TOO_LARGE', `JSON that nests deeper than ${String(maxDepth)}`);
    }
    return JSON.parse(source);
  };
  const encode = (value: unknown): string => {
    // The type of `stringify` does not say that there is no JSON for undefined and for functions.
    const source = JSON.stringify(value) as string | undefined;
    if (source === undefined) throw new FramingUsageError(`there is no JSON for ${typeof value}`);
    if (isDeeper(source, maxDepth)) {
      throw new FramingUsageError(`the value nests deeper than ${String(maxDepth)}`);
    }
    return source;
  };
  if (text) return { name: 'json', decode, encode };
  const bytes = utf8();
  return {
    name: 'json',
    decode: (frame: Uint8Array) => decode(bytes.decode(frame)),
    encode: (value: unknown) => bytes.encode(encode(value)),
  };
}

/**
 * Values of a type that `parse` vouches for: it answers the value, or throws where it is none. A schema library's `parse` as it is:
 * `schema(Point.parse)`. What is sent is not parsed: the compiler has seen it.
 */
export function schema<T>(parse: (value: unknown) => T): Transform<unknown, T> {
  return { name: 'schema', decode: (value) => parse(value), encode: (value) => value };
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Counts brackets outside strings. Text that is no JSON may be counted wrongly: `JSON.parse` refuses it anyway, without building much. */
function isDeeper(source: string, maxDepth: number): boolean {
  if (source.length <= maxDepth) return false;
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    switch (source.charCodeAt(at)) {
      case quote:
        at = stringEnd(source, at + 1);
        break;
      case openBracket:
      case openBrace:
        if (++depth > maxDepth) return true;
        break;
      case closeBracket:
      case closeBrace:
        depth--;
        break;
    }
  }
  return false;
}

/** The offset of the quote that ends the string, or the end of the text. */
function stringEnd(source: string, at: number): number {
  for (; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return at;
}
