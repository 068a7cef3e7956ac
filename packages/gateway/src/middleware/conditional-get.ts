// Synchronous, for responses are: crypto.subtle answers with a promise.
import { hash } from 'node:crypto';
import type { HeaderList } from '@wirestack/http';
import {
  evaluatePreconditions,
  parseCacheControl,
  parseEntityTag,
  parseHttpDate,
  type RequestFields,
  type Validators,
} from '@wirestack/http/fields';
import type { Body, Middleware, StartResponse } from '../application.ts';
import { environKey, type Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';
import { fieldOf } from './response-parts.ts';
import { answerSettled, discard, isWhole, passOn, type SettledResponse } from './settled-response.ts';

export interface ConditionalGetOptions {
  /**
   * The tag of a body in one piece that comes without: of its bytes, strong; `'weak'` where something behind this middleware may write them otherwise and mean the
   * same; `false` for none. Default true.
   */
  readonly etag?: boolean | 'weak';
}

/**
 * Answers GET and HEAD with 304 where the client has it already: by the `ETag` and `Last-Modified` of the application, or an `ETag` made of the body (RFC 9110 13).
 *
 * ```ts
 * const app = compression()(conditionalGet()(pages));
 * ```
 *
 * It saves the way, not the work: the application has made its response. Bodies that stream are judged by the application's own fields and closed unread.
 * `Cache-Control: no-store` gets no tag. Of a 200 whose `If-Match` or `If-Unmodified-Since` does not hold, 412 remains; for methods that change something it is the application that has
 * to ask first. Compression belongs around it, so that the tag is of the one text, whatever its coding.
 *
 * @throws TypeError for another `etag`
 */
export function conditionalGet(options: ConditionalGetOptions = {}): Middleware {
  const { etag = true } = options;
  if (typeof etag !== 'boolean' && (etag as unknown) !== 'weak')
    throw new TypeError(`etag cannot be ${JSON.stringify(etag)}`);
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const method = environ.REQUEST_METHOD;
      if (method !== 'GET' && method !== 'HEAD') return app(environ, startResponse);
      if (etag === false && !isConditional(environ)) return app(environ, startResponse);
      return answerSettled(app, environ, startResponse, (response, start) =>
        response.status === 200 ? answer(environ, response, start, etag) : passOn(response, start),
      );
    });
}

function answer(
  environ: Environ,
  response: SettledResponse,
  startResponse: StartResponse,
  etag: boolean | 'weak',
): Body | Promise<Body> {
  const { headers, body } = tagged(response, etag);
  if (!isConditional(environ)) return passOn(response, startResponse, headers);
  const verdict = evaluatePreconditions(environ.REQUEST_METHOD, fieldsOf(environ), validatorsOf(headers));
  if (verdict === 'proceed') return passOn(response, startResponse, headers);
  const respond = (): Body => {
    if (verdict === 412) return textResponse(startResponse, '412 Precondition Failed');
    startResponse('304 Not Modified', headersOf304(headers));
    return [];
  };
  return isWhole(body) ? respond() : discard(body).then(respond);
}

/** With an ETag, if it can have one. */
function tagged(response: SettledResponse, etag: boolean | 'weak'): SettledResponse {
  const { headers, body } = response;
  // An empty body to HEAD says nothing of the one to GET.
  if (etag === false || !isWhole(body) || body.length === 0) return response;
  const cacheControl = fieldOf(headers, 'cache-control');
  if (cacheControl !== undefined && parseCacheControl(cacheControl).noStore) return response;
  if (fieldOf(headers, 'etag') !== undefined) return response;
  return { ...response, headers: [...headers, ['ETag', `${etag === 'weak' ? 'W/' : ''}"${tagOf(body)}"`]] };
}

/**
 * SHA-1, the fastest that every OpenSSL has: 14 µs for 4 KiB, half of SHA-256's. It guards nothing: who can make two bodies of one hash makes both, and fools a cache of
 * his own pages.
 */
function tagOf(body: Uint8Array | string): string {
  return hash('sha1', body, 'base64url');
}

/** RFC 9110 15.4.5: nothing that describes content, for there is none; the date stands in where there is no tag. */
function headersOf304(headers: HeaderList): HeaderList {
  const hasTag = fieldOf(headers, 'etag') !== undefined;
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    if (lower === 'last-modified') return !hasTag;
    return (
      lower === 'content-location' || lower.startsWith('content-security-') || !lower.startsWith('content-')
    );
  });
}

function validatorsOf(headers: HeaderList): Validators {
  const etag = parseEntityTag(fieldOf(headers, 'etag') ?? '');
  const lastModified = parseHttpDate(fieldOf(headers, 'last-modified') ?? '');
  return { ...(etag && { etag }), ...(lastModified && { lastModified }) };
}

function isConditional(environ: Environ): boolean {
  return (
    environ['HTTP_IF_NONE_MATCH'] !== undefined ||
    environ['HTTP_IF_MODIFIED_SINCE'] !== undefined ||
    environ['HTTP_IF_MATCH'] !== undefined ||
    environ['HTTP_IF_UNMODIFIED_SINCE'] !== undefined
  );
}

function fieldsOf(environ: Environ): RequestFields {
  return {
    get: (name) => {
      const key = environKey(name);
      return key === undefined ? undefined : (environ[key] as string | undefined);
    },
  };
}
