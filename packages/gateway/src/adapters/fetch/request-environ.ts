import { BaseEnviron, defineLazyKeys } from '../../environ-base.ts';
import { decodePath, environKey, type ErrorStream } from '../../environ.ts';
import type { InputOwner, InputSource } from '../../input-stream.ts';
import { LazyAbort } from '../lazy-abort.ts';

/** The request that an environ is of, and what belongs to it alone: `environ['wirestack.fetch']`. */
export class FetchExchange implements InputOwner, InputSource {
  readonly request: Request;
  /** What the platform gave besides the request. */
  readonly platform: readonly unknown[];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #hasBody = true;
  readonly #gone = new LazyAbort();
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
    if (this.#follow === undefined) {
      const { signal } = this.request;
      this.#follow = () => {
        this.leave(signal.reason);
      };
      if (signal.aborted) this.#follow();
      else signal.addEventListener('abort', this.#follow, { once: true });
    }
    return this.#gone.signal;
  }

  /** Nobody takes the response any more. */
  leave(reason: unknown): void {
    this.#gone.abort(reason);
  }

  /** The response is complete, or given up: what is left of the body of the request is for nobody. */
  end(): void {
    if (this.#follow !== undefined) this.request.signal.removeEventListener('abort', this.#follow);
    if (this.#reader !== undefined && this.#hasBody) this.#reader.cancel().catch(() => undefined);
    this.#hasBody = false;
  }
}

/** The environ of a request of the fetch standard. */
export class FetchEnviron extends BaseEnviron {
  declare 'wirestack.fetch': FetchExchange;

  constructor(request: Request, remoteAddress: string, platform: readonly unknown[]) {
    const exchange = new FetchExchange(request, platform);
    const url = new URL(request.url);
    const scheme = url.protocol.slice(0, -1);
    super(exchange, { scheme, errors, isMultiprocess: false });
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
    this['wirestack.fetch'] = exchange;
    request.headers.forEach((value, name) => {
      const key = environKey(name);
      if (key !== undefined) this[key] = value;
    });
    // Requests that were made by a program do not say how long they are.
    if (this['CONTENT_LENGTH'] === undefined && request.body !== null)
      this['HTTP_TRANSFER_ENCODING'] ??= 'chunked';
  }
}

/** There is a console everywhere, and a standard error not. */
const errors: ErrorStream = {
  write: (text) => {
    console.error(text.replace(/\n$/, ''));
  },
  flush: () => undefined,
};

defineLazyKeys(FetchEnviron, {
  'wirestack.signal': (environ) => environ['wirestack.fetch'].signal,
  // As far as they can be told: case and repetition are lost on the way.
  'wirestack.raw_headers': (environ) => Array.from(environ['wirestack.fetch'].request.headers),
});
