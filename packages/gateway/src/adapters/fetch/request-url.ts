import { decodePath, type Environ } from '../../environ.ts';
import { requestUri } from '../../request-uri.ts';

/**
 * The URL of a request as the fetch standard writes it; `undefined` where there is none that says the same as the environ: a Host that is none, or a path that a URL
 * would not keep. `/public/../admin` is `/admin` in a URL: what middleware let through must not become another path behind it.
 *
 * The path is as the client escaped it, where nobody has changed `SCRIPT_NAME` and `PATH_INFO` but to move parts between them.
 */
export function requestUrl(environ: Environ): string | undefined {
  const origin = originOf(environ);
  if (origin === undefined) return undefined;
  const path = rawPath(environ) ?? pathOf(requestUri(environ, false));
  const query = environ.QUERY_STRING;
  const rest = query === '' ? path : `${path}?${query}`;
  if (ordinary.test(rest) && !rest.includes('/.') && !escapedDot.test(rest)) return origin + rest;
  return normalUrl(origin, path, query);
}

/** Nothing that a URL would escape, or take as something else. */
const ordinary = /^\/[\w\-.~!$&()*+,;=:@/?%[\]]*$/;
const escapedDot = /%2e/i;
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

function normalUrl(origin: string, path: string, query: string): string | undefined {
  if (dotSegment.test(path) || /[\\#\t\n\r]/.test(path)) return undefined;
  const from = path.startsWith('/') ? path : `/${path}`;
  const url = parse(origin + from);
  if (url === undefined) return undefined;
  // What is no part of a query is escaped, and does not end it.
  if (query !== '') url.search = `?${query}`;
  return url.href;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** The path of the target as it was sent, where it still is that of the environ. */
function rawPath({ REQUEST_URI: target, SCRIPT_NAME, PATH_INFO }: Environ): string | undefined {
  const queryAt = target.indexOf('?');
  const beforeQuery = queryAt < 0 ? target : target.slice(0, queryAt);
  const raw = beforeQuery.startsWith('/') ? beforeQuery : pathOf(beforeQuery);
  const path = SCRIPT_NAME === '' ? PATH_INFO : SCRIPT_NAME + PATH_INFO;
  if (raw === path && !raw.includes('%')) return raw;
  return decodePath(raw) === path ? raw : undefined;
}

/** Behind scheme and authority. */
function pathOf(uri: string): string {
  const authorityAt = uri.indexOf('//') + 2;
  if (authorityAt === 1) return uri;
  const at = uri.indexOf('/', authorityAt);
  return at < 0 ? '/' : uri.slice(at);
}

function originOf(environ: Environ): string | undefined {
  const scheme = environ['wsgi.url_scheme'];
  const { HTTP_HOST = '', SERVER_NAME, SERVER_PORT } = environ;
  let host = HTTP_HOST;
  if (host === '') {
    const isAddress6 = SERVER_NAME.includes(':') && !SERVER_NAME.startsWith('[');
    host = `${isAddress6 ? `[${SERVER_NAME}]` : SERVER_NAME}:${SERVER_PORT}`;
  }
  if (scheme === lastScheme && host === lastHost) return lastOrigin;
  lastScheme = scheme;
  lastHost = host;
  lastOrigin = normalOrigin(scheme, host);
  return lastOrigin;
}

/** Most requests come to one host: parsing it costs more than all else of a URL. */
let lastScheme = '';
let lastHost = '';
let lastOrigin: string | undefined;

/** A host by RFC 3986, with a port or none: no user, no path. */
const hostAndPort = /^(?:\[[\d:.a-f]+\]|[\w\-.~!$&'()*+,;=%]+)(?::\d*)?$/i;

function normalOrigin(scheme: string, host: string): string | undefined {
  if ((scheme !== 'http' && scheme !== 'https') || !hostAndPort.test(host)) return undefined;
  return parse(`${scheme}://${host}`)?.origin;
}
