import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A field or a file that busboy's own tests expect, or an error, or the name of a limit that was passed. */
type BusboyResult =
  | {
      readonly type: 'field';
      readonly name: string;
      readonly val: string;
      readonly info: { readonly mimeType: string };
    }
  | {
      readonly type: 'file';
      readonly name: string;
      readonly data: Buffer;
      readonly info: { readonly filename: string; readonly mimeType: string };
    }
  | { readonly error: string }
  | string;

export interface BusboyLimits {
  readonly parts?: number;
  readonly fields?: number;
  readonly fileSize?: number;
  readonly fieldSize?: number;
  readonly fieldNameSize?: number;
}

export interface MultipartCase {
  readonly what: string;
  readonly source: readonly (string | Buffer)[];
  readonly boundary: string;
  readonly expected: readonly BusboyResult[];
  readonly limits?: BusboyLimits;
  readonly preservePath?: boolean;
  readonly events?: readonly string[];
}

export interface UrlEncodedCase {
  readonly what: string;
  readonly source: readonly (string | Buffer)[];
  readonly expected: readonly (readonly [name: string, value: string, info: unknown])[];
  readonly charset?: string;
  readonly limits?: BusboyLimits;
}

export function multipartCases(): readonly MultipartCase[] {
  return load('test-types-multipart.js') as readonly MultipartCase[];
}

export function urlEncodedCases(): readonly UrlEncodedCase[] {
  return load('test-types-urlencoded.js') as readonly UrlEncodedCase[];
}

/** The table `tests` of a test of busboy's, without what comes behind it: the tests themselves. */
function load(file: string): unknown {
  const text = readFileSync(require.resolve(`busboy/test/${file}`), 'utf8');
  const end = text.indexOf('\nfor (const test of tests)');
  if (end < 0) throw new Error(`${file} is not written as it was`);
  const stub = (name: string): unknown => (name === '..' ? undefined : require(name));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function('require', `${text.slice(0, end)}\nreturn tests;`)(stub);
}
