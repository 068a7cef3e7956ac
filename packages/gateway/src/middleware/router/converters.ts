/**
 * How a parameter of a path is read, and written: `{ pattern: /[0-9a-f]+/, parse: (text) => parseInt(text, 16), format: (n) => n.toString(16) }`.
 */
export interface Converter<T> {
  /** Has to match all of the text, which is a part of one segment: without a slash, not empty. */
  readonly pattern: RegExp | string;
  /** The value; `undefined` where the text is none after all: then the pattern does not match. */
  parse(text: string): T | undefined;
  /** The text, not yet percent-encoded; `pattern` matches it. */
  format(value: T): string;
}

/** What a pattern's converter comes to. */
export interface PathConverter {
  readonly name: string;
  /** Which is tried first: 0 before 1. Literals come before all of them. */
  readonly rank: number;
  readonly parse: (text: string) => unknown;
  /** @throws TypeError for what is no value of its kind */
  readonly format: (value: unknown) => string;
}

/** The name of the converter that takes slashes, too. It is no function of one segment. */
export const pathConverterName = 'path';

/** Those that every router has, as in Starlette. */
const builtInConverters: readonly PathConverter[] = [
  {
    name: 'int',
    rank: 0,
    // Of safe integers only: past 2^53 two paths would be one number.
    parse: (text) => {
      const value = isDigits(text, 0, text.length) ? Number(text) : NaN;
      return Number.isSafeInteger(value) ? value : undefined;
    },
    format: (value) => {
      if (Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
      throw new TypeError(`${shown(value)} is no integer from 0 to 2^53 - 1`);
    },
  },
  {
    name: 'float',
    rank: 1,
    parse: (text) => {
      const dot = text.indexOf('.');
      const isWritten =
        dot < 0
          ? isDigits(text, 0, text.length)
          : isDigits(text, 0, dot) && isDigits(text, dot + 1, text.length);
      const value = isWritten ? Number(text) : Infinity;
      return value === Infinity ? undefined : value;
    },
    format: (value) => {
      const text = typeof value === 'number' ? plainDecimal(value) : '';
      if (/^\d+(?:\.\d+)?$/.test(text)) return text;
      throw new TypeError(`${shown(value)} is no number from 0 on that decimals can write`);
    },
  },
  {
    name: 'uuid',
    rank: 2,
    // RFC 9562 4: written in either case, the same in both.
    parse: (text) => (isUuid(text) ? text.toLowerCase() : undefined),
    format: (value) => {
      if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
      throw new TypeError(`${shown(value)} is no UUID`);
    },
  },
  {
    name: 'str',
    rank: 4,
    parse: (text) => text,
    format: (value) => {
      if (typeof value === 'string' && value !== '' && !value.includes('/')) return value;
      throw new TypeError(`${shown(value)} is no text of one segment`);
    },
  },
  {
    name: pathConverterName,
    rank: 5,
    parse: (text) => text,
    format: (value) => {
      if (typeof value === 'string') return value;
      throw new TypeError(`${shown(value)} is no path`);
    },
  },
];

/** Built-in ones and `own`, by name. @throws TypeError */
export function convertersFrom(
  own: Readonly<Record<string, Converter<unknown>>>,
): ReadonlyMap<string, PathConverter> {
  const all = new Map(builtInConverters.map((one) => [one.name, one]));
  for (const [name, converter] of Object.entries(own)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new TypeError(`converters: ${shown(name)} is no name`);
    if (all.has(name)) throw new TypeError(`converters: ${name} is there already`);
    all.set(name, ownConverter(name, converter));
  }
  return all;
}

function ownConverter(name: string, converter: Converter<unknown>): PathConverter {
  const { pattern, parse, format } = converter as Partial<Converter<unknown>>;
  if (typeof parse !== 'function' || typeof format !== 'function') {
    throw new TypeError(`converters: ${name} needs pattern, parse and format`);
  }
  const whole = wholeOf(name, pattern);
  return {
    name,
    rank: 3,
    parse: (text) => (whole.test(text) ? converter.parse(text) : undefined),
    format: (value) => {
      const text: unknown = converter.format(value);
      if (typeof text === 'string' && text !== '' && !text.includes('/') && whole.test(text)) return text;
      throw new TypeError(`${name}: its format gave ${shown(text)}, which its pattern does not match`);
    },
  };
}

/** Anchored at both ends; without `g` and `y`, which would remember where they were. */
function wholeOf(name: string, pattern: unknown): RegExp {
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
    throw new TypeError(`converters: the pattern of ${name} is neither a RegExp nor text`);
  }
  const { source, flags } = typeof pattern === 'string' ? { source: pattern, flags: '' } : pattern;
  try {
    return new RegExp(`^(?:${source})$`, flags.replace(/[gy]/g, ''));
  } catch (error) {
    throw new TypeError(`converters: the pattern of ${name} is no regular expression`, { cause: error });
  }
}

/** One digit at least. */
function isDigits(text: string, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function isUuid(text: string): boolean {
  return text.length === 36 && /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text);
}

/** `1.5e-7` → `0.00000015`; digits and point only. */
function plainDecimal(value: number): string {
  const text = String(value);
  const [mantissa = '', exponent] = text.split('e');
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  return shift > 0 ? BigInt(value).toString() : `0.${'0'.repeat(-shift - 1)}${mantissa.replace('.', '')}`;
}

export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
