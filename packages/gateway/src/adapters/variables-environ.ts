import type { HeaderList } from '@wirestack/http';
import { decodePath, type Environ, type ErrorStream } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { InputStream, type InputSource } from '../input-stream.ts';
import { encodedPath } from '../request-uri.ts';

/** What a request by the variables of CGI has besides them. */
export interface VariablesRequest {
  readonly input: InputSource;
  readonly signal: AbortSignal;
  readonly errors: ErrorStream;
  /** Where the application is mounted, for front servers that do not say it: what `PATH_INFO` leaves out. */
  readonly scriptName: string;
  /** `SCRIPT_NAME` and `PATH_INFO` are what they say, empty ones too: CGI. */
  readonly isPlaceGiven?: boolean;
}

/**
 * An environ of the variables that a front server sends: SCGI, FastCGI, uwsgi. Values are text of one character an octet; those of paths are decoded as UTF-8.
 *
 * What is missing is worked out. Many are set up to send `REQUEST_URI`, or a `SCRIPT_NAME` that is the whole path, and no `PATH_INFO`: that is then the path of
 * the request behind `scriptName`. `HTTP_PROXY` is dropped (CVE-2016-5385).
 */
export function environOfVariables(
  variables: ReadonlyMap<string, string>,
  request: VariablesRequest,
): Environ {
  const text = (name: string, standard: string): string => variables.get(name) ?? standard;
  const uri = text('REQUEST_URI', '');
  const [uriPath = ''] = uri.split('?');
  const given = variables.get('PATH_INFO');
  const hasPlace = request.isPlaceGiven === true || (given !== undefined && given !== '');
  const whole = hasPlace
    ? ''
    : uriPath === ''
      ? utf8(text('DOCUMENT_URI', text('SCRIPT_NAME', '/')))
      : decodePath(uriPath);
  const { scriptName } = request;
  const isBelow = whole === scriptName || whole.startsWith(`${scriptName}/`);
  const scheme =
    isOn(variables.get('HTTPS')) || variables.get('REQUEST_SCHEME') === 'https' ? 'https' : 'http';
  const scriptPath = hasPlace ? utf8(text('SCRIPT_NAME', '')).replace(/\/$/, '') : isBelow ? scriptName : '';
  const pathInfo = hasPlace ? utf8(given ?? '') : isBelow ? whole.slice(scriptName.length) : whole;
  const query = text('QUERY_STRING', uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : '');
  const environ: Environ = {
    REQUEST_METHOD: text('REQUEST_METHOD', 'GET'),
    SCRIPT_NAME: scriptPath,
    PATH_INFO: pathInfo,
    QUERY_STRING: query,
    SERVER_NAME: text('SERVER_NAME', 'localhost'),
    SERVER_PORT: text('SERVER_PORT', scheme === 'https' ? '443' : '80'),
    SERVER_PROTOCOL: text('SERVER_PROTOCOL', 'HTTP/1.0'),
    REMOTE_ADDR: text('REMOTE_ADDR', ''),
    // CGI itself has none.
    REQUEST_URI: uri === '' ? encodedPath(scriptPath + pathInfo) + (query === '' ? '' : `?${query}`) : uri,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': scheme,
    'wsgi.input': new InputStream({ body: request.input }),
    'wsgi.errors': request.errors,
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': FileWrapper,
    'wirestack.signal': request.signal,
    'wirestack.raw_headers': rawHeaders(variables),
    'wirestack.trailers': [],
    // There is no way to say it before the answer.
    'wirestack.early_hints': () => undefined,
  };
  for (const [name, value] of variables) {
    if (name.startsWith('HTTP_') ? !notOfClient.has(name) : isOfContent(name, value)) environ[name] = value;
  }
  return environ;
}

/**
 * Takes a variable as it arrives. A header field that the client sent more than once is one variable each to some front servers (nginx before 1.23, say), though RFC 3875 4.1.18 has them
 * joined: joined here, by `, `, Cookie by `; `.
 *
 * @returns false where another variable stands twice: two programs could take two meanings from it
 */
export function addVariable(variables: Map<string, string>, name: string, value: string): boolean {
  const before = variables.get(name);
  if (before !== undefined && !name.startsWith('HTTP_')) return false;
  const separator = name === 'HTTP_COOKIE' ? '; ' : ', ';
  variables.set(name, before === undefined ? value : before + separator + value);
  return true;
}

const notOfClient: ReadonlySet<string> = new Set(['HTTP_PROXY', 'HTTP_CONTENT_LENGTH', 'HTTP_CONTENT_TYPE']);

/** Front servers send them empty where there are none. */
function isOfContent(name: string, value: string): boolean {
  return (name === 'CONTENT_TYPE' || name === 'CONTENT_LENGTH') && value !== '';
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:on|1|true|yes)$/i.test(value);
}

/** As far as they can be told: case and repetition are lost on the way. */
function rawHeaders(variables: ReadonlyMap<string, string>): HeaderList {
  return Array.from(variables)
    .filter(([name]) => name.startsWith('HTTP_'))
    .map(([name, value]) => [name.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-'), value]);
}

function utf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString();
}
