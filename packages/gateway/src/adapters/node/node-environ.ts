import type { HeaderList } from '@wirestack/http';
import { checkFields } from '@wirestack/http/protocol';
import { decodePath, environKey, type Environ, type ErrorStream } from '../../environ.ts';
import { FileWrapper } from '../../file-wrapper.ts';
import { InputStream } from '../../input-stream.ts';
import type { NodeAnswer } from './node-response.ts';
import type { NodeRequest, NodeResponse } from './to-node-listener.ts';

/** What Express adds to a request of an application that it has mounted. */
interface Mounted {
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
}

/** The environ of a request to a server of Node. What costs something is on the prototype, as in that of our own server. */
export class NodeEnviron implements Environ {
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
  /** The objects of Node: for what has no other name here. */
  'wirestack.node': {
    readonly request: NodeRequest;
    readonly response: NodeResponse;
    readonly answer: NodeAnswer;
  };
  [key: string]: unknown;
  [header: `HTTP_${string}`]: string | undefined;

  constructor(request: NodeRequest, response: NodeResponse, answer: NodeAnswer) {
    const { socket } = request;
    const { baseUrl, originalUrl } = request as Mounted;
    const isMounted = typeof baseUrl === 'string' && baseUrl !== '';
    const target = request.url ?? '/';
    const queryAt = target.indexOf('?');
    const isSecure = 'encrypted' in socket && socket.encrypted;
    this.REQUEST_METHOD = request.method ?? 'GET';
    this.SCRIPT_NAME = isMounted ? decodePath(baseUrl) : '';
    this.PATH_INFO = decodePath(pathOf(queryAt < 0 ? target : target.slice(0, queryAt)));
    this.QUERY_STRING = queryAt < 0 ? '' : target.slice(queryAt + 1);
    this.SERVER_NAME = socket.localAddress ?? 'localhost';
    this.SERVER_PORT = String(socket.localPort ?? (isSecure ? 443 : 80));
    this.SERVER_PROTOCOL = `HTTP/${request.httpVersion}`;
    this.REMOTE_ADDR = socket.remoteAddress ?? '';
    this.REQUEST_URI = isMounted && typeof originalUrl === 'string' ? originalUrl : target;
    this['wsgi.version'] = version;
    this['wsgi.url_scheme'] = isSecure ? 'https' : 'http';
    this['wsgi.input'] = new InputStream(answer);
    this['wsgi.errors'] = stderr;
    this['wsgi.multithread'] = false;
    this['wsgi.multiprocess'] = false;
    this['wsgi.run_once'] = false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = FileWrapper;
    this['wirestack.node'] = { request, response, answer };
    const fields = request.rawHeaders;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      // HTTP/2 has the request line among its fields.
      const key = name.startsWith(':') ? undefined : environKey(name);
      if (key === undefined) continue;
      const before = this[key] as string | undefined;
      const value = fields[i + 1] as string;
      this[key] = before === undefined ? value : `${before}${key === 'HTTP_COOKIE' ? '; ' : ', '}${value}`;
    }
    if ('authority' in request) this.#completeHttp2(request);
  }

  get 'wirestack.signal'(): AbortSignal {
    return this['wirestack.node'].answer.signal;
  }

  set 'wirestack.signal'(value: AbortSignal) {
    own(this, 'wirestack.signal', value);
  }

  get 'wirestack.raw_headers'(): HeaderList {
    return pairs(this['wirestack.node'].request.rawHeaders).filter(([name]) => !name.startsWith(':'));
  }

  set 'wirestack.raw_headers'(value: HeaderList) {
    own(this, 'wirestack.raw_headers', value);
  }

  get 'wirestack.trailers'(): HeaderList {
    return pairs(this['wirestack.node'].request.rawTrailers);
  }

  set 'wirestack.trailers'(value: HeaderList) {
    own(this, 'wirestack.trailers', value);
  }

  get 'wirestack.early_hints'(): (headers: HeaderList) => void {
    return (headers) => {
      sendHints(headers, this);
    };
  }

  set 'wirestack.early_hints'(value: (headers: HeaderList) => void) {
    own(this, 'wirestack.early_hints', value);
  }

  /** There is no Host there, and a body needs no length. */
  #completeHttp2({ authority, stream }: { authority: string; stream: { endAfterHeaders: boolean } }): void {
    this['HTTP_HOST'] ??= authority;
    if (this['CONTENT_LENGTH'] === undefined && !stream.endAfterHeaders)
      this['HTTP_TRANSFER_ENCODING'] ??= 'chunked';
  }
}

const version = [1, 0] as const;

const stderr: ErrorStream = {
  write: (text) => {
    process.stderr.write(text);
  },
  flush: () => undefined,
};

/** Behind scheme and authority of a target in absolute form. */
function pathOf(target: string): string {
  const authorityAt = target.startsWith('/') ? 1 : target.indexOf('//') + 2;
  if (authorityAt === 1) return target;
  const at = target.indexOf('/', authorityAt);
  return at < 0 ? '/' : target.slice(at);
}

/** @throws HttpUsageError `BAD_FIELD`; TypeError for a Link that Node does not take */
function sendHints(headers: HeaderList, environ: NodeEnviron): void {
  const { response } = environ['wirestack.node'];
  checkFields(headers);
  if (response.headersSent || environ.SERVER_PROTOCOL === 'HTTP/1.0') return;
  const hints: Record<string, string | string[]> = {};
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    const before = hints[name];
    hints[name] = before === undefined ? value : [before, value].flat();
  }
  response.writeEarlyHints(hints);
}

function pairs(flat: readonly string[]): HeaderList {
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[2 * i] as string,
    flat[2 * i + 1] as string,
  ]);
}

/** A lazy key that middleware replaces becomes a key like any other. */
function own(environ: Environ, key: string, value: unknown): void {
  Object.defineProperty(environ, key, { value, writable: true, enumerable: true, configurable: true });
}
