import type { HeaderFields, HeaderList, HttpRequest } from '@wirestack/http';
import { decodePath, environKey, type Environ, type ErrorStream } from './environ.ts';
import { FileWrapper } from './file-wrapper.ts';
import { InputStream } from './input-stream.ts';
import { UpgradeBody, type Upgrade } from './upgrade.ts';

/** What an environ says of the server, the same in all of them. */
export interface ServerPlace {
  name: string;
  port: string;
  /** Other processes may run the same application. */
  isMultiprocess: boolean;
}

const version = [1, 0] as const;
const SLASH = 0x2f;

const stderr: ErrorStream = {
  write: (text) => {
    process.stderr.write(text);
  },
  flush: () => undefined,
};

/** The environ of a request to our own server. Own properties are what PEP 3333 asks for; what costs something is on the prototype. */
export class HttpEnviron implements Environ {
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  REMOTE_ADDR: string;
  REQUEST_URI: string;
  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  'wsgi.input_terminated': boolean;
  'wsgi.file_wrapper': typeof FileWrapper;
  'wirestack.request': HttpRequest;
  declare HTTP_HOST?: string | undefined;
  [key: string]: unknown;
  [header: `HTTP_${string}`]: string | undefined;

  constructor(request: HttpRequest, server: ServerPlace) {
    const { target } = request;
    const queryAt = target.indexOf('?');
    this.REQUEST_METHOD = request.method;
    this.SCRIPT_NAME = '';
    // A path, as nearly always, and not the URL of a proxy's client or `*`.
    const path =
      target.charCodeAt(0) === SLASH ? (queryAt < 0 ? target : target.slice(0, queryAt)) : request.path;
    this.PATH_INFO = path.includes('%') ? decodePath(path) : path;
    this.QUERY_STRING = queryAt < 0 ? '' : target.slice(queryAt + 1);
    this.SERVER_NAME = server.name;
    this.SERVER_PORT = server.port;
    this.SERVER_PROTOCOL = request.version === '1.1' ? 'HTTP/1.1' : 'HTTP/1.0';
    this.REMOTE_ADDR = request.clientAddress;
    this.REQUEST_URI = target;
    this['wsgi.version'] = version;
    this['wsgi.url_scheme'] = request.scheme;
    this['wsgi.input'] = new InputStream(request);
    this['wsgi.errors'] = stderr;
    this['wsgi.multithread'] = false;
    this['wsgi.multiprocess'] = server.isMultiprocess;
    this['wsgi.run_once'] = false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = FileWrapper;
    this['wirestack.request'] = request;
    const variables = variablesOf(request.headers);
    let i = 0;
    // Most clients send Host first: a name that is known here costs a third of one that is not.
    if (variables[0] === 'HTTP_HOST') {
      this.HTTP_HOST = variables[1];
      i = 2;
    }
    for (; i < variables.length; i += 2) this[variables[i] as string] = variables[i + 1];
  }

  get 'wirestack.signal'(): AbortSignal {
    return this['wirestack.request'].signal;
  }

  set 'wirestack.signal'(value: AbortSignal) {
    own(this, 'wirestack.signal', value);
  }

  get 'wirestack.draining'(): AbortSignal {
    return this['wirestack.request'].draining;
  }

  set 'wirestack.draining'(value: AbortSignal) {
    own(this, 'wirestack.draining', value);
  }

  get 'wirestack.raw_headers'(): HeaderList {
    return Array.from(this['wirestack.request'].headers);
  }

  set 'wirestack.raw_headers'(value: HeaderList) {
    own(this, 'wirestack.raw_headers', value);
  }

  get 'wirestack.trailers'(): HeaderList {
    return Array.from(this['wirestack.request'].body.trailers ?? []);
  }

  set 'wirestack.trailers'(value: HeaderList) {
    own(this, 'wirestack.trailers', value);
  }

  get 'wirestack.early_hints'(): (headers: HeaderList) => void {
    return (headers) => {
      this['wirestack.request'].informational(103, headers);
    };
  }

  set 'wirestack.early_hints'(value: (headers: HeaderList) => void) {
    own(this, 'wirestack.early_hints', value);
  }

  get 'wirestack.upgrade'(): Upgrade | undefined {
    return this['wirestack.request'].wantsUpgrade ? upgrade : undefined;
  }

  set 'wirestack.upgrade'(value: Upgrade | undefined) {
    own(this, 'wirestack.upgrade', value);
  }
}

const upgrade: Upgrade = (use) => new UpgradeBody(use);

/** A lazy key that middleware replaces becomes a key like any other. */
function own(environ: Environ, key: string, value: unknown): void {
  Object.defineProperty(environ, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * The fields as variables: name, value, name, value …. Made once for the requests of a connection that repeat the same section, which share their
 * fields: for ten of a browser it is most of what an environ costs.
 */
function variablesOf(headers: HeaderFields): readonly string[] {
  if (headers === lastHeaders) return lastVariables;
  let variables = known.get(headers);
  if (variables === undefined) {
    variables = makeVariables(headers);
    known.set(headers, variables);
  }
  lastHeaders = headers;
  lastVariables = variables;
  return variables;
}

const known = new WeakMap<HeaderFields, readonly string[]>();
let lastHeaders: HeaderFields | undefined;
let lastVariables: readonly string[] = [];

function makeVariables(headers: HeaderFields): readonly string[] {
  const variables: string[] = [];
  const fields = headers.flat();
  for (let i = 0; i < fields.length; i += 2) {
    const key = environKey(fields[i] as string);
    if (key === undefined) continue;
    const value = fields[i + 1] as string;
    const at = findName(variables, key);
    if (at < 0) variables.push(key, value);
    else variables[at + 1] = `${variables[at + 1] as string}${key === 'HTTP_COOKIE' ? '; ' : ', '}${value}`;
  }
  return variables;
}

function findName(variables: readonly string[], key: string): number {
  for (let i = 0; i < variables.length; i += 2) if (variables[i] === key) return i;
  return -1;
}
