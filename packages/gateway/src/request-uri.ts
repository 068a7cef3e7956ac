import { decodePath, type Environ } from './environ.ts';

/** What the URL of an application is made of. */
interface ApplicationPlace {
  readonly 'wsgi.url_scheme': string;
  readonly HTTP_HOST?: string | undefined;
  readonly SERVER_NAME: string;
  readonly SERVER_PORT: string;
  readonly SCRIPT_NAME: string;
}

/** What the URL of a request is made of. */
interface RequestPlace extends ApplicationPlace {
  readonly PATH_INFO: string;
  readonly QUERY_STRING: string;
}

/**
 * The URL of the application: where it is mounted, without what is behind (PEP 3333, "URL Reconstruction"; `wsgiref.util.application_uri`). The host is that
 * of the Host field, which the client chose: check it before you send it to anybody.
 */
export function applicationUri(environ: ApplicationPlace): string {
  return baseOf(environ) + (encodedPath(environ.SCRIPT_NAME) || '/');
}

/** The whole URL of the request; without its query where `includeQuery` is false (`wsgiref.util.request_uri`). */
export function requestUri(environ: RequestPlace, includeQuery: boolean = true): string {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const path = encodedPath(SCRIPT_NAME + PATH_INFO) || '/';
  const query = includeQuery && QUERY_STRING !== '' ? `?${QUERY_STRING}` : '';
  return baseOf(environ) + path + query;
}

/**
 * Moves the first name of `PATH_INFO` to the end of `SCRIPT_NAME`, and answers it; `undefined` where there is none, and `''` for the slash at the end
 * (`wsgiref.util.shift_path_info`). The environ is changed: make another with `deriveEnviron` where it is somebody else's.
 */
export function shiftPathInfo(environ: Pick<Environ, 'SCRIPT_NAME' | 'PATH_INFO'>): string | undefined {
  const { SCRIPT_NAME, PATH_INFO } = environ;
  if (PATH_INFO === '') return undefined;
  const names = PATH_INFO.split('/').slice(1);
  // Empty names and `.` say nothing, but the last may be the slash at the end.
  const [name = '', ...rest] = names.filter(
    (one, place) => place === names.length - 1 || (one !== '' && one !== '.'),
  );
  const script = SCRIPT_NAME.replace(/\/+$/, '');
  environ.SCRIPT_NAME = name === '.' ? script : `${script}/${name}`;
  environ.PATH_INFO = rest.map((one) => `/${one}`).join('');
  return name === '.' ? undefined : name;
}

function baseOf(environ: ApplicationPlace): string {
  const scheme = environ['wsgi.url_scheme'];
  const { HTTP_HOST, SERVER_NAME, SERVER_PORT } = environ;
  if (HTTP_HOST !== undefined && HTTP_HOST !== '') return `${scheme}://${HTTP_HOST}`;
  const host = SERVER_NAME.includes(':') && !SERVER_NAME.startsWith('[') ? `[${SERVER_NAME}]` : SERVER_NAME;
  const isStandard = SERVER_PORT === (scheme === 'https' ? '443' : '80');
  return `${scheme}://${host}${isStandard ? '' : `:${SERVER_PORT}`}`;
}

/** What a path must not hold as it is; Python's `quote` with what RFC 3986 allows in a segment. */
export function encodedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu, (character) => {
    const isLone = /^[\ud800-\udfff]$/.test(character);
    return isLone ? '%EF%BF%BD' : encodeURIComponent(character);
  });
}

/**
 * `PATH_INFO` as it was sent, where `REQUEST_URI` still says it: with its escapes, an encoded slash among them. Else, where middleware has changed the path or the
 * server gave none, encoded anew.
 */
export function rawPathInfo(environ: Pick<Environ, 'REQUEST_URI' | 'SCRIPT_NAME' | 'PATH_INFO'>): string {
  const { REQUEST_URI, SCRIPT_NAME, PATH_INFO } = environ;
  const end = REQUEST_URI.indexOf('?');
  const target = end < 0 ? REQUEST_URI : REQUEST_URI.slice(0, end);
  if (target.startsWith('/') && target.startsWith(SCRIPT_NAME)) {
    const rest = target.slice(SCRIPT_NAME.length);
    if (rest === PATH_INFO || decodePath(rest) === PATH_INFO) return rest;
  }
  return encodedPath(PATH_INFO);
}
