import { constants as zlib } from 'node:zlib';
import { isCompressible, negotiateEncoding, parseCacheControl } from '@wirestack/http/fields';
import type { HeaderList } from '@wirestack/http';
import type { Body, Chunk, Middleware, StartResponse } from '../application.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { keepLifespan } from '../lifespan.ts';
import { UpgradeBody } from '../upgrade.ts';
import { CompressedBody } from './compressed-body.ts';
import { availableCodings, compressNow, compressSoon, type Coding, type Levels } from './content-codings.ts';
import { remembering } from './remembering.ts';
import { fieldOf } from './response-parts.ts';
import { answerSettled, bodyOf, isWhole, passOn, type SettledResponse } from './settled-response.ts';
import { mergeVary } from './vary.ts';

export interface CompressionOptions {
  /** Codings on offer; of those a client wants equally, the first. Default `br`, `gzip`, and `zstd` where this Node has it (22.15). */
  readonly encodings?: readonly Coding[];
  /** Shorter bodies stay as they are. Default 1024: below, a packet is a packet. */
  readonly minBytes?: number;
  /** Media types to compress, `text/html` or `text/*`, or a test of `Content-Type`. Default: text in all its disguises. */
  readonly types?: readonly string[] | ((contentType: string) => boolean);
  /**
   * How hard to try: `br` 0–11, default 4, for 5 and more cost more time than a fast network saves; `gzip` 1–9, default 6; `zstd` 1–22, default 3.
   */
  readonly level?: Levels;
}

/**
 * Compresses what gets shorter by it: `Content-Encoding` as `Accept-Encoding` wants it (RFC 9110 8.4, 12.5.3), `Vary` wherever it could have been.
 *
 * ```ts
 * const app = compression({ minBytes: 2048 })(pages);
 * ```
 *
 * A stream is compressed piece by piece, and each piece is flushed: events of a server arrive when they are sent. Left alone are HEAD, 204, 206, 304, what has a
 * `Content-Encoding`, `Content-Range` or a digest of its bytes already, `Cache-Control: no-transform` (RFC 9111 5.2.2.6), `FileWrapper` (its bytes go
 * from the disk to the socket) and upgrades. A strong `ETag` becomes weak, for other bytes go out than it named (RFC 9110 8.8.1).
 *
 * The length of a compressed page tells how alike its parts are. A page with a secret (a CSRF token) beside text that a stranger chooses can be made to tell it
 * (BREACH, CVE-2013-3587): mask the token anew in each response, or send `Cache-Control: no-transform`.
 *
 * @throws TypeError for a coding that this Node does not have, or options out of range.
 */
export function compression(options: CompressionOptions = {}): Middleware {
  const { encodings = availableCodings, minBytes = 1024, level = {} } = options;
  for (const coding of encodings) {
    if (!availableCodings.includes(coding))
      throw new TypeError(`encodings: ${JSON.stringify(coding)} is no coding here`);
  }
  if (!Number.isSafeInteger(minBytes) || minBytes < 0)
    throw new TypeError(`minBytes cannot be ${String(minBytes)}`);
  checkLevels(level);
  const choose = remembering((field) => negotiateEncoding(field, encodings));
  const isWorthwhile = remembering(compressibleBy(options.types));

  const answer = (
    response: SettledResponse,
    startResponse: StartResponse,
    acceptEncoding: string | undefined,
    method: string,
  ): Body | Promise<Body> => {
    const { headers, body } = response;
    if (!isOpenToChange(response) || !isWorthwhile(fieldOf(headers, 'content-type') ?? ''))
      return passOn(response, startResponse);
    const known = fieldOf(headers, 'content-length');
    const length = isWhole(body) ? sizeOf(body, minBytes) : known === undefined ? Infinity : Number(known);
    if (length < minBytes) return passOn(response, startResponse);
    const varied = mergeVary(headers, 'Accept-Encoding');
    const coding = acceptEncoding === undefined ? 'identity' : (choose(acceptEncoding) ?? 'identity');
    if (coding === 'identity' || method === 'HEAD') return passOn(response, startResponse, varied);
    return compressed(response, startResponse, encodedHeaders(varied, coding), coding as Coding, level);
  };
  return (app) =>
    keepLifespan(app, (environ, startResponse) =>
      answerSettled(app, environ, startResponse, (response, start) =>
        answer(response, start, environ['HTTP_ACCEPT_ENCODING'], environ.REQUEST_METHOD),
      ),
    );
}

function compressed(
  { statusText, body }: SettledResponse,
  startResponse: StartResponse,
  headers: HeaderList,
  coding: Coding,
  level: Levels,
): Body | Promise<Body> {
  if (!isWhole(body)) {
    startResponse(statusText, headers);
    return new CompressedBody(bodyOf(body), coding, level);
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (bytes.length <= maxAtOnce) {
    const output = compressNow(bytes, coding, level);
    startResponse(statusText, headers);
    return [output];
  }
  return compressSoon(bytes, coding, level).then((output) => {
    startResponse(statusText, headers);
    return [output];
  });
}

/**
 * Up to here a body in one piece is compressed on the spot: of 16 KiB that takes 0.4 ms (gzip 6) or 0.6 (br 4), by Node's threads twice as long, for the way there
 * and back. From 64 KiB on it takes 3 ms, in which nobody else is served, and the threads are as fast.
 */
const maxAtOnce = 32_768;

/** Whether the response may be changed at all. */
function isOpenToChange({ status, headers, body }: SettledResponse): boolean {
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return false;
  if (body instanceof FileWrapper || body instanceof UpgradeBody) return false;
  for (const [name, value] of headers) {
    // The shortest and the longest name: most headers are passed by their length.
    const { length } = name;
    if (length !== 11 && (length < 13 || length > 16) && length !== 6) continue;
    const lower = name.toLowerCase();
    if (untouchable.has(lower)) return false;
    if (lower === 'cache-control' && parseCacheControl(value).noTransform) return false;
  }
  return true;
}

/** Encoded, a part, or with a digest of the bytes that go out (RFC 9530 2). */
const untouchable: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-range',
  'content-digest',
  'content-md5',
  'digest',
]);

/** Without what is of the bytes as they were. */
function encodedHeaders(headers: HeaderList, coding: string): HeaderList {
  const kept: (readonly [string, string])[] = [];
  for (const header of headers) {
    const lower = header[0].toLowerCase();
    if (lower === 'content-length' || lower === 'accept-ranges') continue;
    const isStrong = lower === 'etag' && header[1].startsWith('"');
    kept.push(isStrong ? [header[0], `W/${header[1]}`] : header);
  }
  kept.push(['Content-Encoding', coding]);
  return kept;
}

/** In bytes. Text is counted only where its length does not say enough: no character is less than one byte, or more than three. */
function sizeOf(chunk: Chunk, enough: number): number {
  if (typeof chunk !== 'string' || chunk.length >= enough || chunk.length * 3 < enough) return chunk.length;
  return Buffer.byteLength(chunk);
}

function compressibleBy(types: CompressionOptions['types']): (contentType: string) => boolean {
  if (typeof types === 'function') return types;
  if (types === undefined) return isCompressible;
  const wanted = new Set(types.map((type) => type.toLowerCase()));
  for (const type of wanted) {
    if (!/^[^\s/*;]+\/(?:\*|[^\s/*;]+)$/.test(type))
      throw new TypeError(`types: ${JSON.stringify(type)} is no media type`);
  }
  return (contentType) => {
    const essence = essenceOf(contentType);
    return wanted.has(essence) || wanted.has(`${essence.slice(0, essence.indexOf('/'))}/*`);
  };
}

function essenceOf(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase();
}

function checkLevels(level: Levels): void {
  const limits = {
    br: [zlib.BROTLI_MIN_QUALITY, zlib.BROTLI_MAX_QUALITY],
    gzip: [1, 9],
    zstd: [1, 22],
  } as const;
  for (const coding of ['br', 'gzip', 'zstd'] as const) {
    const given = level[coding];
    const [least, most] = limits[coding];
    if (given !== undefined && !(Number.isInteger(given) && given >= least && given <= most)) {
      throw new TypeError(`level.${coding} is ${String(given)}: ${String(least)} to ${String(most)}`);
    }
  }
}
