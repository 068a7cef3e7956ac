import type { HeaderList } from '@wirestack/http';
import { decodePath, environKey, type Environ, type ErrorStream } from '../../environ.ts';
import { FileWrapper } from '../../file-wrapper.ts';
import { InputStream, type InputOwner, type InputSource } from '../../input-stream.ts';

/** The request that an environ is of, and what belongs to it alone: `environ['wirestack.fetch']`. */
export class FetchExchange implements InputOwner, InputSource {
  readonly request: Request;
  /** What the platform gave besides the request. */
  readonly platform: readonly unknown[];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #hasBody = true;
  #abort: AbortController | undefined;
  #left: { readonly reason: unknown } | undefined;
  #follow: (() => void) | undefined;

  constructor(request: Request, platform: readonly unknown[]) {
    this.request = request;
    this.platform = platform;
  }

  get body(): InputSource {
    return this;
  }

  /** The next bytes of the body of the request; its stream is taken at the first call. */
  async read(): Promise<Uint8Array | undefined> {
    if (!this.#hasBody) return undefined;
    this.#reader ??= this.request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
    const { done, value } = (await this.#reader?.read()) ?? { done: true, value: undefined };
    if (done) this.#hasBody = false;
    return value;
  }

  /** Aborted with the request, or when the response is left. */
  get signal(): AbortSignal {
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = this.request;
    this.#follow = () => {
      this.leave(signal.reason);
    };
    if (this.#left !== undefined) abort.abort(this.#left.reason);
    else if (signal.aborted) this.leave(signal.reason);
    else signal.addEventListener('abort', this.#follow, { once: true });
    return abort.signal;
  }

  /** Nobody takes the response any more. */
  leave(reason: unknown): void {
    this.#left ??= { reason };
    this.#abort?.abort(reason);
  }

  /** The response is complete, or given up: what is left of the body of the request is for nobody. */
  end(): void {
    if (this.#follow !== undefined) this.request.signal.removeEventListener('abort', this.#follow);
    if (this.#reader !== undefined && this.#hasBody) this.#reader.cancel().catch(() => undefined);
    this.#hasBody = false;
  }
}

/** The environ of a request of the fetch standard. What costs something is on the prototype, as in that of our own server. */
export class FetchEnviron implements Environ {
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
  'wirestack.trailers': HeaderList;
  'wirestack.early_hints': (headers: HeaderList) => void;
  'wirestack.fetch': FetchExchange;
  [key: string]: unknown;
  [header: `HTTP_${string}`]: string | undefined;

  constructor(request: Request, remoteAddress: string, platform: readonly unknown[]) {
    const exchange = new FetchExchange(request, platform);
    const url = new URL(request.url);
    const scheme = url.protocol.slice(0, -1);
    this.REQUEST_METHOD = request.method;
    this.SCRIPT_NAME = '';
    this.PATH_INFO = decodePath(url.pathname);
    this.QUERY_STRING = url.search.slice(1);
    this.SERVER_NAME = url.hostname.replace(/^\[|\]$/g, '');
    this.SERVER_PORT = url.port === '' ? (scheme === 'https' ? '443' : '80') : url.port;
    this.SERVER_PROTOCOL = 'HTTP/1.1';
    this.REMOTE_ADDR = remoteAddress;
    this.REQUEST_URI = url.pathname + url.search;
    this['HTTP_HOST'] = url.host;
    this['wsgi.version'] = version;
    this['wsgi.url_scheme'] = scheme;
    this['wsgi.input'] = new InputStream(exchange);
    this['wsgi.errors'] = errors;
    this['wsgi.multithread'] = false;
    this['wsgi.multiprocess'] = false;
    this['wsgi.run_once'] = false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = FileWrapper;
    this['wirestack.trailers'] = [];
    // There is no way to say it before the answer.
    this['wirestack.early_hints'] = () => undefined;
    this['wirestack.fetch'] = exchange;
    request.headers.forEach((value, name) => {
      const key = environKey(name);
      if (key !== undefined) this[key] = value;
    });
    // Requests that were made by a program do not say how long they are.
    if (this['CONTENT_LENGTH'] === undefined && request.body !== null)
      this['HTTP_TRANSFER_ENCODING'] ??= 'chunked';
  }

  get 'wirestack.signal'(): AbortSignal {
    return this['wirestack.fetch'].signal;
  }

  set 'wirestack.signal'(value: AbortSignal) {
    own(this, 'wirestack.signal', value);
  }

  /** As far as they can be told: case and repetition are lost on the way. */
  get 'wirestack.raw_headers'(): HeaderList {
    return Array.from(this['wirestack.fetch'].request.headers);
  }

  set 'wirestack.raw_headers'(value: HeaderList) {
    own(this, 'wirestack.raw_headers', value);
  }
}

const version = [1, 0] as const;

const errors: ErrorStream = {
  write: (text) => {
    console.error(text.replace(/\n$/, ''));
  },
  flush: () => undefined,
};

/** A lazy key that middleware replaces becomes a key like any other. */
function own(environ: Environ, key: string, value: unknown): void {
  Object.defineProperty(environ, key, { value, writable: true, enumerable: true, configurable: true });
}
