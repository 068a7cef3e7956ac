import type { HeaderFields } from '../../headers.ts';
import type { ClientRequest } from '../client-request.ts';
import { HttpClientError } from '../errors.ts';
import { withoutFields } from '../header-list.ts';

/** Where a redirect leads. */
export interface RedirectTarget {
  readonly url: string;
  /** Scheme, host or port differ: what was meant for one server is not for the other. */
  readonly isOtherOrigin: boolean;
}

/**
 * The URL of Location, against that of the request, with the fragment of the request where it has none of its own (RFC 9110 10.2.2).
 *
 * @throws HttpClientError `BAD_REDIRECT`
 */
export function redirectTarget(from: string, headers: HeaderFields, allowDowngrade: boolean): RedirectTarget {
  const [location = '', ...others] = headers.getAll('location');
  if (others.some((other) => other !== location)) throw bad(from, 'to several places');
  const base = new URL(from);
  const url = resolved(location, base);
  if (url === undefined) throw bad(from, `to ${JSON.stringify(location)}, which is no URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad(from, `to ${url.protocol}`);
  if (base.protocol === 'https:' && url.protocol === 'http:' && !allowDowngrade) {
    throw bad(from, `from https to ${url.origin}, in clear`);
  }
  // A place that a server names decides nothing of who the caller is.
  const isOtherOrigin = url.origin !== base.origin;
  url.username = isOtherOrigin ? '' : base.username;
  url.password = isOtherOrigin ? '' : base.password;
  if (url.hash === '') url.hash = base.hash;
  return { url: url.href, isOtherOrigin };
}

/** What is asked for there: of the same method and body, or by GET. */
export function redirectedRequest(
  request: ClientRequest,
  status: number,
  { url, isOtherOrigin }: RedirectTarget,
  originFields: readonly string[] = [],
): ClientRequest {
  const { method } = request;
  const becomesGet =
    status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
  let { headers } = request;
  if (becomesGet) headers = withoutFields(headers, isOfContent);
  if (isOtherOrigin) {
    const more = originFields.map((name) => name.toLowerCase());
    headers = withoutFields(headers, (name) => ofOrigin.has(name) || more.includes(name));
  }
  return becomesGet
    ? { ...request, url, headers, method: 'GET', body: undefined }
    : { ...request, url, headers };
}

/** Bytes above ASCII are UTF-8 that nobody has escaped: so browsers read them. */
function resolved(location: string, base: URL): URL | undefined {
  try {
    return new URL(Buffer.from(location, 'latin1').toString('utf8'), base);
  } catch {
    return undefined;
  }
}

function bad(from: string, why: string): HttpClientError {
  return new HttpClientError('BAD_REDIRECT', `${from} redirects ${why}`);
}

const ofOrigin: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'cookie2',
  'proxy-authorization',
  'host',
]);

/** What describes a body that is no longer there (RFC 9110 15.4, step 5). */
function isOfContent(name: string): boolean {
  return name.startsWith('content-') || otherOfContent.has(name);
}

const otherOfContent: ReadonlySet<string> = new Set([
  'digest',
  'repr-digest',
  'last-modified',
  'transfer-encoding',
  'trailer',
  'expect',
]);
