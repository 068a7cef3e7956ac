import {
  createServer,
  type Handler,
  type HeaderList,
  type HttpRequest,
  type HttpServer,
  type ServerOptions,
} from '@wirestack/http';
import type { Address, AddressLike } from '@wirestack/socket';
import type { Application } from './application.ts';
import { decodePath, environKey, type Environ, type ErrorStream } from './environ.ts';
import { FileWrapper } from './file-wrapper.ts';
import { InputStream } from './input-stream.ts';
import { run } from './run.ts';

/** A server with an application in it. */
export type GatewayServer = HttpServer;

/**
 * Serves an application over HTTP: PEP 3333's `make_server`, listening already. Port 0 lets the kernel choose.
 *
 * ```ts
 * const server = await makeServer('127.0.0.1:8000', (environ, startResponse) => {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [`hello ${environ.REMOTE_ADDR}\n`];
 * });
 * ```
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`; HttpUsageError `BAD_OPTION`
 */
export async function makeServer(
  address: AddressLike,
  app: Application,
  options: ServerOptions = {},
): Promise<GatewayServer> {
  const host: Host = { name: 'localhost', port: '80' };
  const server = createServer(handlerFor(app, host), options);
  await server.listen(address);
  Object.assign(host, hostOf(server.address));
  return server;
}

/** An application as a handler of `@wirestack/http`, to be composed with others there. `SERVER_NAME` is the address that was connected to. */
export function toHandler(app: Application): Handler {
  return handlerFor(app, undefined);
}

interface Host {
  name: string;
  port: string;
}

function handlerFor(app: Application, fixed: Host | undefined): Handler {
  return (request) => run(app, new HttpEnviron(request, fixed ?? hostOf(request.localAddress)));
}

function hostOf(address: Address): Host {
  if ('port' in address) return { name: address.host, port: String(address.port) };
  return { name: 'localhost', port: '80' };
}

const version = [1, 0] as const;

const stderr: ErrorStream = {
  write: (text) => {
    process.stderr.write(text);
  },
  flush: () => undefined,
};

/** The environ of a request to our own server. Own properties are what PEP 3333 asks for; what costs something is on the prototype. */
class HttpEnviron implements Environ {
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
  [key: string]: unknown;
  [header: `HTTP_${string}`]: string | undefined;

  constructor(request: HttpRequest, host: Host) {
    const { target } = request;
    const queryAt = target.indexOf('?');
    this.REQUEST_METHOD = request.method;
    this.SCRIPT_NAME = '';
    this.PATH_INFO = decodePath(request.path);
    this.QUERY_STRING = queryAt < 0 ? '' : target.slice(queryAt + 1);
    this.SERVER_NAME = host.name;
    this.SERVER_PORT = host.port;
    this.SERVER_PROTOCOL = request.version === '1.1' ? 'HTTP/1.1' : 'HTTP/1.0';
    this.REMOTE_ADDR = request.clientAddress;
    this.REQUEST_URI = target;
    this['wsgi.version'] = version;
    this['wsgi.url_scheme'] = request.scheme;
    this['wsgi.input'] = new InputStream(request);
    this['wsgi.errors'] = stderr;
    this['wsgi.multithread'] = false;
    this['wsgi.multiprocess'] = false;
    this['wsgi.run_once'] = false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = FileWrapper;
    this['wirestack.request'] = request;
    const fields = request.headers.flat();
    for (let i = 0; i < fields.length; i += 2) {
      const key = environKey(fields[i] as string);
      if (key === undefined) continue;
      const before = this[key] as string | undefined;
      const value = fields[i + 1] as string;
      this[key] = before === undefined ? value : `${before}${key === 'HTTP_COOKIE' ? '; ' : ', '}${value}`;
    }
  }

  get 'wirestack.signal'(): AbortSignal {
    return this['wirestack.request'].signal;
  }

  set 'wirestack.signal'(value: AbortSignal) {
    own(this, 'wirestack.signal', value);
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
}

/** A lazy key that middleware replaces becomes a key like any other. */
function own(environ: Environ, key: string, value: unknown): void {
  Object.defineProperty(environ, key, { value, writable: true, enumerable: true, configurable: true });
}
