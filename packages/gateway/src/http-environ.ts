import type { HeaderFields, HttpRequest } from '@wirestack/http';
import { BaseEnviron, defineLazyKeys } from './environ-base.ts';
import { decodePath, environKey, joinValues } from './environ.ts';
import { standardError } from './standard-error.ts';
import { UpgradeBody, type Upgrade } from './upgrade.ts';

/** What an environ says of the server, the same in all of them. */
export interface ServerPlace {
  name: string;
  port: string;
  /** Other processes may run the same application. */
  isMultiprocess: boolean;
}

const SLASH = 0x2f;

/** The environ of a request to our own server. */
export class HttpEnviron extends BaseEnviron {
  declare 'wirestack.request': HttpRequest;
  declare HTTP_HOST?: string | undefined;

  constructor(request: HttpRequest, server: ServerPlace) {
    super(request, { scheme: request.scheme, errors: standardError, isMultiprocess: server.isMultiprocess });
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
}

defineLazyKeys(HttpEnviron, {
  'wirestack.signal': (environ) => environ['wirestack.request'].signal,
  'wirestack.draining': (environ) => environ['wirestack.request'].draining,
  'wirestack.raw_headers': (environ) => Array.from(environ['wirestack.request'].headers),
  'wirestack.trailers': (environ) => Array.from(environ['wirestack.request'].body.trailers ?? []),
  'wirestack.early_hints': (environ) => (headers) => {
    environ['wirestack.request'].informational(103, headers);
  },
  'wirestack.upgrade': (environ) => (environ['wirestack.request'].wantsUpgrade ? upgrade : undefined),
});

const upgrade: Upgrade = (use) => new UpgradeBody(use);

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
    else variables[at + 1] = joinValues(key, variables[at + 1], value);
  }
  return variables;
}

function findName(variables: readonly string[], key: string): number {
  for (let i = 0; i < variables.length; i += 2) if (variables[i] === key) return i;
  return -1;
}
