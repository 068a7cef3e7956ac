import { HttpUsageError } from '../errors.ts';
import { multipartBody } from '../forms/multipart-body.ts';
import type { HeaderList } from '../headers.ts';
import type { BodyLike, ClientRequest, EncodedBody, OutgoingBody, RequestOptions } from './client-request.ts';
import { hasField, headerList } from './header-list.ts';
import { basicCredentials } from './basic-credentials.ts';
import { requestTarget } from './request-target.ts';

/**
 * A request as it travels, from what a caller says of one.
 *
 * @param defaults fields of the client, for those that the request has not
 * @throws HttpUsageError `BAD_REQUEST` `BAD_BODY` `BAD_FIELD`
 */
export function prepareRequest(
  url: string | URL,
  options: RequestOptions,
  defaults: HeaderList,
  baseUrl: string | undefined,
): ClientRequest {
  const given = options.headers === undefined ? none : headerList(options.headers);
  const encoded = encodeBody(options);
  let headers = defaults;
  if (given.length > 0) headers = [...defaults.filter(([name]) => !hasField(given, name)), ...given];
  if (encoded !== undefined) headers = describe(headers, encoded);
  const absolute = absoluteUrl(url, baseUrl, options.query);
  const { username, password } = requestTarget(absolute);
  if ((username !== '' || password !== '') && !hasField(headers, 'authorization'))
    headers = [...headers, ['Authorization', basicCredentials(username, password)]];
  const body = encoded?.body;
  return {
    url: absolute,
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    body,
    options,
  };
}

const none: HeaderList = [];

function absoluteUrl(url: string | URL, baseUrl: string | undefined, query: RequestOptions['query']): string {
  const text = String(url);
  if (baseUrl === undefined && query === undefined) return text;
  let absolute;
  try {
    absolute = new URL(text, baseUrl);
  } catch {
    throw new HttpUsageError('BAD_REQUEST', `${JSON.stringify(text)} is no URL`);
  }
  if (query === undefined) return absolute.href;
  const pairs = query instanceof URLSearchParams ? query : Object.entries(query);
  for (const [name, value] of pairs)
    if (value !== undefined) absolute.searchParams.append(name, String(value));
  return absolute.href;
}

/** What describes a body besides itself. */
interface DescribedBody {
  readonly body: OutgoingBody;
  readonly contentType?: string | undefined;
  readonly contentLength?: number | undefined;
}

function encodeBody({ body, json }: RequestOptions): DescribedBody | undefined {
  if (json !== undefined) {
    if (body !== undefined) throw new HttpUsageError('BAD_BODY', 'json and body are both given');
    const text = JSON.stringify(json) as string | undefined;
    if (text === undefined) throw new HttpUsageError('BAD_BODY', 'json is nothing that JSON has');
    return { body: text, contentType: 'application/json' };
  }
  if (body === undefined) return undefined;
  if (typeof body !== 'object') return { body };
  if (body instanceof URLSearchParams)
    return { body: body.toString(), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  if (body instanceof Blob) {
    return {
      body: () => body.stream() as AsyncIterable<Uint8Array>,
      ...(body.type !== '' && { contentType: body.type }),
      contentLength: body.size,
    };
  }
  if (body instanceof FormData) return replayable(multipartBody(body));
  return isEncoded(body) ? replayable(body) : { body };
}

function replayable(encoded: EncodedBody): DescribedBody {
  const { body, isReplayable } = encoded;
  if (isReplayable !== true || typeof body !== 'object' || !(Symbol.asyncIterator in body)) return encoded;
  const { contentType, contentLength } = encoded;
  return { body: () => body, contentType, contentLength };
}

function isEncoded(body: BodyLike): body is EncodedBody {
  return typeof body === 'object' && 'body' in body && 'contentType' in body;
}

function describe(headers: HeaderList, { contentType, contentLength }: DescribedBody): HeaderList {
  const added: [name: string, value: string][] = [];
  if (contentType !== undefined && !hasField(headers, 'content-type'))
    added.push(['Content-Type', contentType]);
  if (contentLength !== undefined && !hasField(headers, 'content-length'))
    added.push(['Content-Length', String(contentLength)]);
  return added.length === 0 ? headers : [...headers, ...added];
}
