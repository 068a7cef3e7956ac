import type { HeaderList } from '@wirestack/http';
import { parseList } from '@wirestack/http/fields';
import type { Middleware } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { changeHeaders, fieldOf } from './response-parts.ts';
import { mergeVary } from './vary.ts';

export interface CorsOptions {
  /**
   * Who may read: `*` for all, origins as browsers write them (`https://a.example`, no slash at the end), a pattern that has to match all of an
   * origin, or a test. `null`, the origin of sandboxed frames and files, which anybody can have, is meant by that word in a list only.
   */
  readonly origin: string | readonly string[] | RegExp | ((origin: string, environ: Environ) => boolean);
  /** Methods a preflight allows. Default `GET`, `HEAD`, `PUT`, `PATCH`, `POST`, `DELETE`. */
  readonly methods?: readonly string[];
  /** Request fields a preflight allows. Default: those that are asked for. */
  readonly allowedHeaders?: readonly string[];
  /** Response fields that scripts may read, besides the safe ones. Default none. */
  readonly exposedHeaders?: readonly string[];
  /** Cookies and HTTP authentication may come along. Default false. */
  readonly credentials?: boolean;
  /** How long a preflight's answer is good. Default: as the browser has it, 5 seconds. Chromium stops at 7,200, Firefox at 86,400. */
  readonly maxAgeSeconds?: number;
  /** Pages of the public network may ask this host in a private one (Private Network Access). Default false. */
  readonly privateNetwork?: boolean;
}

/**
 * Lets pages of other origins read what the application answers: the CORS protocol of the Fetch standard. A preflight is answered with 204 and does not reach the
 * application; who is not allowed gets an answer without the fields, which the browser keeps from the page. It protects readers: an application still has to guard itself
 * against requests that change something (CSRF).
 *
 * ```ts
 * const app = cors({ origin: ['https://app.example'], credentials: true })(api);
 * ```
 *
 * What catches errors belongs inside, so that its pages have the fields, too. An `Access-Control-Allow-Origin` of the application stands as it is.
 *
 * @throws TypeError for what is no origin, method or field name; for `*` or `null` together with credentials
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function cors(options: CorsOptions): Middleware {
  const isAllowed = originTest(options);
  const isForAll = options.origin === '*';
  const shared: HeaderList = [
    ...(options.credentials === true ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
  ];
  const exposed = tokens('exposedHeaders', options.exposedHeaders ?? []);
  const readable: HeaderList =
    exposed === '' ? shared : [...shared, ['Access-Control-Expose-Headers', exposed]];
  const preflight = preflightFields(options, shared);
  // With `*` the answer is the same for all, and a cache may give it to all.
  const vary = isForAll ? [] : ['Origin'];

  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const origin = environ['HTTP_ORIGIN'];
      const allowed =
        origin !== undefined && isAllowed(origin, environ) ? (isForAll ? '*' : origin) : undefined;
      if (
        environ.REQUEST_METHOD === 'OPTIONS' &&
        origin !== undefined &&
        environ['HTTP_ACCESS_CONTROL_REQUEST_METHOD'] !== undefined
      ) {
        startResponse('204 No Content', preflight(environ, allowed));
        return [];
      }
      const change = (headers: HeaderList): HeaderList => {
        const varied = vary.length === 0 ? headers : mergeVary(headers, ...vary);
        if (allowed === undefined || fieldOf(headers, 'access-control-allow-origin') !== undefined)
          return varied;
        return [...varied, ['Access-Control-Allow-Origin', allowed], ...readable];
      };
      return app(environ, changeHeaders(startResponse, change));
    });
}

function preflightFields(
  options: CorsOptions,
  shared: HeaderList,
): (environ: Environ, allowed: string | undefined) => HeaderList {
  const { methods = defaultMethods, allowedHeaders, maxAgeSeconds, privateNetwork = false } = options;
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0))
    throw new TypeError(`maxAgeSeconds cannot be ${String(maxAgeSeconds)}`);
  const fixed = allowedHeaders && tokens('allowedHeaders', allowedHeaders);
  const lasting: HeaderList = [
    ...shared,
    ['Access-Control-Allow-Methods', tokens('methods', methods)],
    ...(maxAgeSeconds === undefined ? [] : [['Access-Control-Max-Age', String(maxAgeSeconds)] as const]),
  ];
  const vary: readonly [string, string] = [
    'Vary',
    [
      ...(options.origin === '*' ? [] : ['Origin']),
      'Access-Control-Request-Method',
      'Access-Control-Request-Headers',
      ...(privateNetwork ? ['Access-Control-Request-Private-Network'] : []),
    ].join(', '),
  ];
  return (environ, allowed) => {
    if (allowed === undefined) return [vary];
    const headers = [vary, ['Access-Control-Allow-Origin', allowed] as const, ...lasting];
    const asked = fixed ?? askedFields(environ['HTTP_ACCESS_CONTROL_REQUEST_HEADERS']);
    if (asked !== '') headers.push(['Access-Control-Allow-Headers', asked]);
    if (privateNetwork && environ['HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK'] === 'true')
      headers.push(['Access-Control-Allow-Private-Network', 'true']);
    return headers;
  };
}

const defaultMethods: readonly string[] = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'];

/** What is asked for, where it is names of fields and nothing else. */
function askedFields(value: string | undefined): string {
  if (value === undefined || value.length > maxAsked) return '';
  const names = parseList(value);
  return names.every(isToken) ? names.join(', ') : '';
}

/** Names of fields that a page sets: a browser asks for some, not for pages of them. */
const maxAsked = 4096;

function originTest({
  origin,
  credentials = false,
}: CorsOptions): (origin: string, environ: Environ) => boolean {
  if (origin === '*') {
    if (credentials) throw new TypeError('origin: * lets everybody read, and so never with credentials');
    return () => true;
  }
  if (typeof origin === 'function') return (given, environ) => isOrigin(given) && origin(given, environ);
  if (origin instanceof RegExp) {
    // All of the origin has to match: /a\.example/ would allow https://a.example.evil, too. And no flag that remembers where the last search stopped.
    const whole = new RegExp(`^(?:${origin.source})$`, origin.flags.replace(/[gmy]/g, ''));
    return (given) => isOrigin(given) && whole.test(given);
  }
  const allowed = new Set(typeof origin === 'string' ? [origin] : origin);
  for (const one of allowed) {
    if (one === 'null' && credentials)
      throw new TypeError('origin: null can be anybody, and so never with credentials');
    if (one !== 'null' && !isOrigin(one)) {
      throw new TypeError(`origin: ${JSON.stringify(one)} is no origin such as https://a.example`);
    }
  }
  return (given) => allowed.has(given);
}

/** Scheme, host, perhaps a port, as a browser writes them (RFC 6454 6.2): lower case, nothing behind. `null` is none. */
function isOrigin(value: string): boolean {
  return (
    value.length <= 512 && /^[a-z][a-z\d+.-]*:\/\/(?:\[[\da-f:.]+\]|[a-z\d._~%-]+)(?::\d{1,5})?$/.test(value)
  );
}

function tokens(option: string, names: readonly string[]): string {
  for (const name of names) {
    if (!isToken(name))
      throw new TypeError(`${option}: ${JSON.stringify(name)} is no token (RFC 9110 5.6.2)`);
  }
  return names.join(', ');
}

function isToken(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}
