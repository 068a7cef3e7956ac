import { resolve } from 'node:path';
import { HttpUsageError } from '../errors.ts';
import type { RequestFields } from '../fields/preconditions.ts';
import type { HeaderList } from '../headers.ts';
import type { HttpResponse } from '../server/response.ts';

/** What is asked of a request: `HttpRequest` of the server has it, and a gateway makes one of its environ. */
export interface StaticRequest {
  readonly method: string;
  /** Percent-encoded, as it was sent, without the query. */
  readonly path: string;
  /** What stands behind the first `?`, as it was sent; empty without one. */
  readonly query: string;
  readonly headers: RequestFields;
  readonly signal?: AbortSignal;
  /**
   * What the URL has before `path`, percent-encoded, where a router has taken it off: `SCRIPT_NAME` of a gateway. Redirects begin with it.
   */
  readonly mount?: string;
}

/** Answers a request with a file: at once where the answer is in memory. */
export type StaticHandler = (request: StaticRequest) => HttpResponse | Promise<HttpResponse>;

export interface ListingOptions {
  /** Names read of a directory; what is more is not shown, and the page says so. Default 10,000: a page of about 3 MB. */
  readonly maxEntries?: number;
}

export interface StaticOptions {
  /** Names that stand for their directory, the first that is there. `false` for none. Default `index.html`. */
  readonly index?: string | readonly string[] | false;
  /** A page of names, or JSON, for a directory without index. Default false: names are told on purpose only. */
  readonly listing?: boolean | ListingOptions;
  /**
   * Names with a leading dot: `hide` is 404, `deny` 403, `serve` serves them. Default `hide`. `/.well-known/` is always served: it is there to
   * be seen (RFC 8615).
   */
  readonly dotfiles?: 'hide' | 'deny' | 'serve';
  /** Links, also in the middle of a path: followed where they end `inside` the root, always, or never. Default `inside`. */
  readonly symlinks?: 'inside' | 'follow' | 'deny';
  /**
   * `Cache-Control`, for all files or by their path; `false` for none. Default `no-cache`: kept, and asked about each time. A 304 costs little, and
   * without the field browsers guess and show a page that is long replaced.
   */
  readonly cacheControl?: string | false | ((path: string) => string | undefined);
  /** Paths whose content never changes, for their name has its hash: `public, max-age=31536000, immutable`. Default none: no name tells for sure. */
  readonly immutable?: RegExp | ((path: string) => boolean);
  /** More fields, by the path of the file; they take the place of ours of the same name. Asked once for each version of a file. */
  readonly headers?: (path: string) => HeaderList;
  /** Sends `a.js.br`, `.zst` or `.gz` for `a.js` where it is not older, and `Accept-Encoding` wants it. Default true. */
  readonly precompressed?: boolean;
  /**
   * Compresses text by br or gzip as it is asked for, once for each version of a file: the result is kept in the cache, and nothing is
   * compressed that could not be kept. Default true: text is a quarter of its size then, for a few milliseconds once.
   */
  readonly compress?: boolean | CompressOptions;
  /** Tried behind a name that is not there: `['.html']` answers `/about` with `about.html`. Default none. */
  readonly extensions?: readonly string[];
  /** The file, by its path under the root, for a browser that goes to a page that is not there: an application of one page. Default none. */
  readonly fallback?: string;
  /** Answers in place of 404. */
  readonly notFound?: (request: StaticRequest) => HttpResponse | Promise<HttpResponse>;
  /** Of `text/*`; `false` for none. Default `utf-8`. */
  readonly charset?: string | false;
  /** Media types by extension, before those that are known: `{ '.mdx': 'text/markdown' }`. */
  readonly types?: Readonly<Record<string, string>>;
  /** Media type of names that say nothing. Default `application/octet-stream`. */
  readonly defaultType?: string;
  /** Memory for answers that are ready. Default 32 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
  /**
   * The longest file that is kept in memory. Default 1 MiB: from memory such a file leaves twice as fast as from the disk, and of longer ones too few
   * would fit.
   */
  readonly cacheFileBytes?: number;
  /**
   * How long an answer in memory is good without a look at the file. Default 0: each request looks, for 4 µs. More is for network file systems, where
   * a look is a round trip, and a change is seen as late as this.
   */
  readonly revalidateMs?: number;
  /** A `Range` with more than these is ignored. Default 100, as `parseRange`. */
  readonly maxRanges?: number;
  /** Taken off the path: `/assets` serves `/assets/a.js` from `a.js`; what does not begin with it is 404. Percent-encoded as in URLs. Default none. */
  readonly base?: string;
}

export interface CompressOptions {
  /** Shorter files stay as they are. Default 1024: below, a packet is a packet. */
  readonly minBytes?: number;
  /** Longer ones too. Default 2 MiB: a twentieth of a second's work, once. */
  readonly maxBytes?: number;
  /** Of gzip, 1–9. Default 6, zlib's own. */
  readonly gzipLevel?: number;
  /** Of br, 0–11. Default 5: as small as gzip's 9, in the time of its 6; 11 takes fifty times as long. */
  readonly brotliQuality?: number;
}

/** The options with their defaults, checked. */
export interface Settings extends Pick<StaticOptions, 'immutable' | 'headers' | 'notFound' | 'cacheControl'> {
  /** Absolute. */
  readonly root: string;
  readonly index: readonly string[];
  readonly listing: Required<ListingOptions> | undefined;
  readonly dotfiles: 'hide' | 'deny' | 'serve';
  readonly symlinks: 'inside' | 'follow' | 'deny';
  readonly precompressed: boolean;
  readonly compress: Required<CompressOptions> | undefined;
  readonly extensions: readonly string[];
  readonly fallback: readonly string[] | undefined;
  readonly charset: string | false;
  readonly types: ReadonlyMap<string, string>;
  readonly defaultType: string;
  readonly cacheBytes: number;
  readonly cacheFileBytes: number;
  readonly revalidateMs: number;
  readonly maxRanges: number;
  readonly base: string;
}

/** @throws HttpUsageError `BAD_OPTION` */
export function settingsFrom(root: string, options: StaticOptions): Settings {
  const { index = 'index.html', listing = false, compress = true, base = '', fallback, types = {} } = options;
  const cacheBytes = count('cacheBytes', options.cacheBytes ?? 33_554_432);
  const cacheFileBytes = count('cacheFileBytes', options.cacheFileBytes ?? 1_048_576);
  if (typeof root !== 'string' || root === '' || root.includes('\0')) throw bad('the root', root);
  if (base !== '' && !/^(?:\/[^/?#]+)+$/.test(base)) throw bad('base', base);
  const indexes = index === false ? [] : [index].flat();
  for (const name of indexes) if (!isName(name)) throw bad('index', name);
  const extensions = options.extensions ?? [];
  for (const extension of extensions)
    if (!/^\.[^/\\\0]+$/.test(extension)) throw bad('extensions', extension);
  const names = fallback?.split('/').filter((name) => name !== '');
  if (names !== undefined && (names.length === 0 || !names.every(isName))) throw bad('fallback', fallback);
  return {
    root: resolve(root),
    index: indexes,
    listing: listing === false ? undefined : listingFrom(listing),
    dotfiles: choice('dotfiles', options.dotfiles ?? 'hide', ['hide', 'deny', 'serve']),
    symlinks: choice('symlinks', options.symlinks ?? 'inside', ['inside', 'follow', 'deny']),
    cacheControl: options.cacheControl ?? 'no-cache',
    precompressed: options.precompressed ?? true,
    compress: compress === false || cacheBytes === 0 ? undefined : compressionFrom(compress),
    extensions,
    fallback: names,
    charset: options.charset ?? 'utf-8',
    types: new Map(
      Object.entries(types).map(([extension, type]) => [extension.replace(/^\.?/, '.').toLowerCase(), type]),
    ),
    defaultType: options.defaultType ?? 'application/octet-stream',
    cacheBytes,
    cacheFileBytes,
    revalidateMs: count('revalidateMs', options.revalidateMs ?? 0),
    maxRanges: count('maxRanges', options.maxRanges ?? 100),
    base,
    ...(options.immutable !== undefined && { immutable: options.immutable }),
    ...(options.headers !== undefined && { headers: options.headers }),
    ...(options.notFound !== undefined && { notFound: options.notFound }),
  };
}

function listingFrom(listing: true | ListingOptions): Required<ListingOptions> {
  const { maxEntries = 10_000 } = listing === true ? {} : listing;
  return { maxEntries: count('maxEntries', maxEntries) };
}

function compressionFrom(compress: true | CompressOptions): Required<CompressOptions> {
  const given = compress === true ? {} : compress;
  const { minBytes = 1024, maxBytes = 2_097_152, gzipLevel = 6, brotliQuality = 5 } = given;
  if (!(count('gzipLevel', gzipLevel) >= 1 && gzipLevel <= 9)) throw bad('gzipLevel', gzipLevel);
  if (count('brotliQuality', brotliQuality) > 11) throw bad('brotliQuality', brotliQuality);
  return {
    minBytes: count('minBytes', minBytes),
    maxBytes: count('maxBytes', maxBytes),
    gzipLevel,
    brotliQuality,
  };
}

/** One name of a path, that stays where it is. */
function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

function choice<T extends string>(what: string, value: T, of: readonly T[]): T {
  if (of.includes(value)) return value;
  throw bad(what, value);
}

function count(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(what, value);
}

function bad(what: string, value: unknown): HttpUsageError {
  return new HttpUsageError(
    'BAD_OPTION',
    `${what} of staticFiles cannot be ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  );
}
