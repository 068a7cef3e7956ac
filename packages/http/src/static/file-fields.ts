import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { isCompressible } from '../fields/compressible.ts';
import { contentTypeOf } from './content-type.ts';
import type { Settings } from './options.ts';

/** What the options say of a file, whatever its content. */
export interface FileFields {
  readonly contentType: string;
  /** Fields that a 304 has as well (RFC 9110 15.4.5), but for the validators. */
  readonly lasting: HeaderList;
  readonly extra: HeaderList;
  /** A coding makes it shorter. */
  readonly isCompressible: boolean;
}

/**
 * @param path of the file under the root, decoded: `/docs/index.html`
 * @param isVaried the file has siblings in other codings: what is sent depends on `Accept-Encoding` even for an image
 * @throws HttpUsageError `BAD_FIELD` for fields of the program that would contradict what is sent
 */
export function fileFields(settings: Settings, path: string, isVaried: boolean): FileFields {
  const given = settings.headers?.(path) ?? [];
  let contentType: string | undefined;
  let cacheControl = cacheControlOf(settings, path);
  const vary: string[] = [];
  const lasting: [string, string][] = [];
  const extra: [string, string][] = [];
  for (const [name, value] of given) {
    const key = name.toLowerCase();
    if (ours.has(key))
      throw new HttpUsageError('BAD_FIELD', `${name} is of the file, and not for headers() to say`);
    if (key === 'content-type') contentType = value;
    else if (key === 'cache-control') cacheControl = value;
    else if (key === 'vary') vary.push(value);
    else if (key === 'expires' || key === 'content-location') lasting.push([name, value]);
    else if (key !== 'x-content-type-options') extra.push([name, value]);
  }
  contentType ??= contentTypeOf(path, settings);
  const hasText = isCompressible(contentType);
  const negotiates = isVaried || (hasText && (settings.precompressed || settings.compress !== undefined));
  if (negotiates) vary.push('Accept-Encoding');
  if (cacheControl !== undefined) lasting.unshift(['Cache-Control', cacheControl]);
  if (vary.length > 0) lasting.push(['Vary', vary.join(', ')]);
  return { contentType, lasting, extra, isCompressible: hasText };
}

/** What only the content and the request decide. */
const ours: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-encoding',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'transfer-encoding',
]);

function cacheControlOf({ immutable, cacheControl }: Settings, path: string): string | undefined {
  const isImmutable =
    typeof immutable === 'function' ? immutable(path) : immutable !== undefined && matches(immutable, path);
  if (isImmutable) return 'public, max-age=31536000, immutable';
  if (cacheControl === false) return undefined;
  return typeof cacheControl === 'function' ? cacheControl(path) : cacheControl;
}

/** Not `test()`: with the flag g it would go on where it stopped for another path. */
function matches(pattern: RegExp, path: string): boolean {
  return path.search(pattern) >= 0;
}
