import type { HeaderList } from '@wirestack/http';
import { BaseEnviron, defineLazyKeys } from '../environ-base.ts';
import { decodePath, joinValues, type Environ, type ErrorStream } from '../environ.ts';
import type { InputSource } from '../input-stream.ts';
import { encodedPath } from '../request-uri.ts';

/** What a request by the variables of CGI has besides them. */
export interface VariablesRequest {
  readonly input: InputSource;
  /** Asked for when the application asks: most never do. */
  readonly signal: AbortSignal;
  readonly errors: ErrorStream;
  /** Where the application is mounted, for front servers that do not say it: what the path leaves out. */
  readonly scriptName: string;
  /** `SCRIPT_NAME` and `PATH_INFO` are what they say, empty ones too: CGI. */
  readonly isPlaceGiven?: boolean;
}

/**
 * An environ of the variables that a front server sends: SCGI, FastCGI, uwsgi. Values are text of one character an octet; those of paths are decoded as UTF-8.
 *
 * What is missing is worked out. Many are set up to send `REQUEST_URI`, or a `SCRIPT_NAME` that is the whole path, and no `PATH_INFO`, or the whole path in it and no `SCRIPT_NAME`: it is
 * then the path of the request behind `scriptName`. `HTTP_PROXY` is dropped (CVE-2016-5385).
 */
export function environOfVariables(
  variables: ReadonlyMap<string, string>,
  request: VariablesRequest,
): Environ {
  const list: string[] = [];
  for (const [name, value] of variables) list.push(name, value);
  return environOfList(list, request);
}

/** The same of a list: name, value, name, value …, each name once. */
export function environOfList(variables: readonly string[], request: VariablesRequest): Environ {
  return new VariablesEnviron(variables, request);
}

class VariablesEnviron extends BaseEnviron {
  declare 'wirestack.variables': Variables;

  constructor(variables: readonly string[], request: VariablesRequest) {
    const place = new Place(variables, request);
    const { scheme } = place;
    super({ body: request.input }, { scheme, errors: request.errors, isMultiprocess: true });
    this.REQUEST_METHOD = place.method;
    this.SCRIPT_NAME = place.script;
    this.PATH_INFO = place.path;
    this.QUERY_STRING = place.query;
    this.SERVER_NAME = place.serverName;
    this.SERVER_PORT = place.serverPort;
    this.SERVER_PROTOCOL = place.protocol;
    this.REMOTE_ADDR = place.remote;
    this.REQUEST_URI = place.uri;
    this['wirestack.variables'] = new Variables(variables, request);
    for (let i = 0; i < variables.length; i += 2) {
      const name = variables[i] as string;
      const value = variables[i + 1] as string;
      if (name.startsWith('HTTP_') ? !notOfClient.has(name) : isOfContent(name, value)) this[name] = value;
    }
  }
}

defineLazyKeys(VariablesEnviron, {
  'wirestack.signal': (environ) => environ['wirestack.variables'].request.signal,
  'wirestack.raw_headers': (environ) => environ['wirestack.variables'].rawHeaders,
});

/** Where the request goes, by the variables that say so, or else by others. */
class Place {
  method = 'GET';
  script = '';
  path = '';
  query = '';
  serverName = 'localhost';
  serverPort = '';
  protocol = 'HTTP/1.0';
  remote = '';
  uri = '';
  scheme = 'http';

  constructor(variables: readonly string[], request: VariablesRequest) {
    let scriptName, pathInfo, documentUri, query, port;
    for (let i = 0; i < variables.length; i += 2) {
      const value = variables[i + 1] as string;
      switch (variables[i] as string) {
        case 'REQUEST_METHOD':
          this.method = value;
          break;
        case 'REQUEST_URI':
          this.uri = value;
          break;
        case 'QUERY_STRING':
          query = value;
          break;
        case 'SCRIPT_NAME':
          scriptName = value;
          break;
        case 'PATH_INFO':
          pathInfo = value;
          break;
        case 'DOCUMENT_URI':
          documentUri = value;
          break;
        case 'SERVER_NAME':
          this.serverName = value;
          break;
        case 'SERVER_PORT':
          port = value;
          break;
        case 'SERVER_PROTOCOL':
          this.protocol = value;
          break;
        case 'REMOTE_ADDR':
          this.remote = value;
          break;
        case 'HTTPS':
          if (isOn(value)) this.scheme = 'https';
          break;
        case 'REQUEST_SCHEME':
          if (value === 'https') this.scheme = 'https';
          break;
      }
    }
    const queryAt = this.uri.indexOf('?');
    this.query = query ?? (queryAt < 0 ? '' : this.uri.slice(queryAt + 1));
    this.serverPort = port ?? (this.scheme === 'https' ? '443' : '80');
    const isGiven = request.isPlaceGiven === true || (pathInfo !== undefined && pathInfo !== '');
    const script = isGiven ? utf8(scriptName ?? '').replace(/\/$/, '') : '';
    const path = isGiven ? utf8(pathInfo ?? '') : wholePath(this.uri, queryAt, documentUri ?? scriptName);
    // Where the front server says nothing of it, it has the whole path, given or not: nginx's parameters for uwsgi give it.
    const mount = script === '' ? request.scriptName : '';
    const isBelow = path === mount || path.startsWith(`${mount}/`);
    this.script = isBelow && mount !== '' ? mount : script;
    this.path = isBelow ? path.slice(mount.length) : path;
    // CGI itself has none.
    if (this.uri === '')
      this.uri = encodedPath(this.script + this.path) + (this.query === '' ? '' : `?${this.query}`);
  }
}

function wholePath(uri: string, queryAt: number, document: string | undefined): string {
  const path = queryAt < 0 ? uri : uri.slice(0, queryAt);
  return path === '' ? utf8(document ?? '/') : decodePath(path);
}

/** All that the front server said, those that are in no environ among it. */
class Variables {
  readonly list: readonly string[];
  readonly request: VariablesRequest;

  constructor(list: readonly string[], request: VariablesRequest) {
    this.list = list;
    this.request = request;
  }

  /** As far as they can be told: case and repetition are lost on the way. */
  get rawHeaders(): HeaderList {
    const headers: (readonly [string, string])[] = [];
    for (let i = 0; i < this.list.length; i += 2) {
      const name = this.list[i] as string;
      if (!name.startsWith('HTTP_')) continue;
      headers.push([
        name.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-'),
        this.list[i + 1] as string,
      ]);
    }
    return headers;
  }
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
  variables.set(name, joinValues(name, before, value));
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

function utf8(octets: string): string {
  // Most are ASCII, which is the same in both.
  if (!/[^\0-\x7f]/.test(octets)) return octets;
  return Buffer.from(octets, 'latin1').toString();
}
