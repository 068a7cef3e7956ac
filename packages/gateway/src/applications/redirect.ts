import { reasonPhrase } from '@wirestack/http/protocol';
import type { Application, Body, Middleware, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { requestUri } from '../request-uri.ts';
import { textResponse } from '../text-response.ts';

export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

export interface RedirectOptions {
  /** Default 308: for good, with the same method. 303 is for what a form has done. */
  readonly status?: RedirectStatus;
  /** `PATH_INFO` is put behind the target: what lay under the old place lies under the new one. Default false. */
  readonly keepPath?: boolean;
  /** The query is put behind it. Default false. */
  readonly keepQuery?: boolean;
  /** Hosts, with their port, that a target made of a request may name. Default none: it stays on this one. */
  readonly hosts?: readonly string[];
}

/**
 * Sends clients elsewhere (RFC 9110 15.4).
 *
 * ```ts
 * mount({ '/blog': redirect('https://blog.example/posts', { keepPath: true, keepQuery: true }) })
 * ```
 *
 * A target is a path, `/new`, or a URL of http or https. A function makes it of the request, and so, perhaps, of what a stranger wrote: it may lead to a path of this host or
 * to one of `hosts`. All else is 400: `//evil.example` and `/\evil.example`, which browsers take for hosts, and control characters, which they leave out. The
 * same holds for a path that is kept. What a URL cannot hold is percent-encoded (RFC 3986).
 *
 * @throws TypeError for a status that is no redirect, or a target that could never be one
 */
export function redirect(
  to: string | ((environ: Environ) => string),
  options: RedirectOptions = {},
): Application {
  const { status = 308, keepPath = false, keepQuery = false, hosts = [] } = options;
  if (!statuses.has(status)) throw new TypeError(`status: ${String(status)} is no redirect`);
  const known = new Set(hosts.map((host) => host.toLowerCase()));
  if (typeof to === 'string' && !isTarget(to, undefined))
    throw new TypeError(`${JSON.stringify(to)} is no path that begins with one slash, and no URL of http`);
  return (environ, startResponse) => {
    const target = typeof to === 'string' ? to : to(environ);
    if (typeof to !== 'string' && !isTarget(target, known))
      return textResponse(startResponse, '400 Bad Request');
    return send(startResponse, status, locationOf(target, environ, keepPath, keepQuery));
  };
}

export interface HttpsRedirectOptions {
  /** Default 308: a form that was sent in the clear is sent again, as it was. */
  readonly status?: RedirectStatus;
  /** Of https. Default 443. */
  readonly port?: number;
  /** Names to send on to; requests for others are 400. Default: whatever Host says, which is the client's to choose. */
  readonly hosts?: readonly string[];
}

/**
 * Sends requests of http to https, the same host and path. Which it was says `wsgi.url_scheme`: behind a proxy that has to be right first.
 *
 * ```ts
 * const app = httpsRedirect({ hosts: ['www.example'] })(pages);
 * ```
 *
 * @throws TypeError for a status that is no redirect, or a port that is none
 */
export function httpsRedirect(options: HttpsRedirectOptions = {}): Middleware {
  const { status = 308, port = 443, hosts } = options;
  if (!statuses.has(status)) throw new TypeError(`status: ${String(status)} is no redirect`);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new TypeError(`port cannot be ${String(port)}`);
  const known = hosts && new Set(hosts.map((host) => host.toLowerCase()));
  const portText = port === 443 ? '' : `:${String(port)}`;
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      if (environ['wsgi.url_scheme'] === 'https') return app(environ, startResponse);
      const host = hostPattern.exec(environ['HTTP_HOST'] ?? environ.SERVER_NAME)?.[1]?.toLowerCase();
      if (host === undefined || known?.has(host) === false)
        return textResponse(startResponse, '400 Bad Request');
      return send(startResponse, status, `https://${host}${portText}${encoded(pathOf(environ))}`);
    });
}

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A name or an address, its port apart. */
const hostPattern = /^([A-Za-z\d._~-]+|\[[\dA-Fa-f:.]+\])(?::\d*)?$/;

function pathOf(environ: Environ): string {
  const { SERVER_NAME, SERVER_PORT, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const place = { SERVER_NAME, SERVER_PORT, SCRIPT_NAME, PATH_INFO, QUERY_STRING };
  const path = requestUri({ ...place, HTTP_HOST: 'a', 'wsgi.url_scheme': 'http' }).slice('http://a'.length);
  // `OPTIONS *` has none.
  return path.startsWith('/') ? path : '/';
}

/** @param hosts `undefined` where any host will do, for the program named it */
function isTarget(target: unknown, hosts: ReadonlySet<string> | undefined): target is string {
  // eslint-disable-next-line no-control-regex -- those are what is looked for
  if (typeof target !== 'string' || /[\0-\x1f\x7f]/.test(target)) return false;
  if (target.startsWith('/')) return target[1] !== '/' && target[1] !== '\\';
  // As they are written, not as URL() would mend them: `http:/a`, `https:\\a`.
  if (!/^https?:\/\/[^/\\]/i.test(target) || !URL.canParse(target)) return false;
  const { host, username, password } = new URL(target);
  return username === '' && password === '' && (hosts === undefined || hosts.has(host));
}

function locationOf(target: string, environ: Environ, keepPath: boolean, keepQuery: boolean): string {
  const [, place = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(target) ?? [];
  let path = encoded(place);
  if (keepPath) {
    // One slash between the two, whatever the client wrote: behind `/` a second one would make a host of the rest.
    const rest = environ.PATH_INFO.replace(/^[/\\]+/, '');
    const pathInfo = rest
      .split('/')
      .map((name) => encodeURIComponent(wellFormed(name)))
      .join('/');
    if (rest !== '' || environ.PATH_INFO !== '') path = `${path.replace(/\/$/, '')}/${pathInfo}`;
  }
  const kept = keepQuery ? environ.QUERY_STRING : '';
  const queries = [query.slice(1), kept].filter((one) => one !== '').join('&');
  return `${path}${queries === '' ? query : `?${encoded(queries).replaceAll('#', '%23')}`}${encoded(fragment)}`;
}

/** What has no place in a URI, percent-encoded as UTF-8; what is encoded already stays (RFC 3986 2). */
function encoded(text: string): string {
  return wellFormed(text).replace(/%(?![\dA-Fa-f]{2})|[^A-Za-z\d\-._~:/?#[\]@!$&'()*+,;=%]/gu, (one) =>
    encodeURIComponent(one),
  );
}

/** Middleware may put anything in a path: half of a surrogate pair becomes U+FFFD, as elsewhere in UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function send(startResponse: StartResponse, status: RedirectStatus, location: string): Body {
  const text = `${String(status)} ${reasonPhrase(status)}` as `${number} ${string}`;
  startResponse(text, [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Location', location],
  ]);
  const link = location.replaceAll('&', '&amp;').replaceAll("'", '&#39;');
  return [`<!doctype html>\n<title>${text}</title>\n<p>It is at <a href="${link}">${link}</a>.\n`];
}
