import type { Environ } from '../../environ.ts';
import { inputBody } from './input-body.ts';
import { LazyHeaders } from './lazy-headers.ts';

/**
 * A `Request` that is made of an environ as far as it is asked for. Method, URL, headers, signal, and a body that is read as a whole need no real one, which costs more than all
 * the rest of a short answer; whatever else is asked for makes it, and is its.
 *
 * `instanceof Request` holds. `new Request(it)` and `fetch(it)` look into an object's inside, see {@link showInside}; `it.clone()` is a real one everywhere.
 */
export class LazyRequest {
  readonly #url: string;
  readonly #environ: Environ;
  #headers: Headers | undefined;
  #real: Request | undefined;
  #isUsed = false;

  constructor(environ: Environ, url: string) {
    this.#url = url;
    this.#environ = environ;
  }

  get url(): string {
    return this.#url;
  }

  get method(): string {
    return this.#environ.REQUEST_METHOD;
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    const headers: unknown = new LazyHeaders(this.#environ);
    this.#headers = headers as Headers;
    return this.#headers;
  }

  get signal(): AbortSignal {
    return this.#environ['wirestack.signal'];
  }

  get body(): ReadableStream<Uint8Array> | null {
    return hasBody(this.#environ) ? this.real.body : null;
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#isUsed;
  }

  async text(): Promise<string> {
    return decoder.decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return Uint8Array.from(await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    const type = this.headers.get('content-type') ?? '';
    return new Blob([Uint8Array.from(await this.bytes())], { type });
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#real !== undefined) return new Uint8Array(await this.#real.arrayBuffer());
    if (this.#isUsed) throw new TypeError('Body is unusable: it was read before');
    if (!hasBody(this.#environ)) return noBytes;
    this.#isUsed = true;
    return this.#environ['wsgi.input'].read();
  }

  async formData(): Promise<FormData> {
    // A handler asks for it, and the standard has no other.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return this.real.formData();
  }

  clone(): Request {
    return this.real.clone();
  }

  get cache(): Request['cache'] {
    return this.real.cache;
  }

  get credentials(): Request['credentials'] {
    return this.real.credentials;
  }

  get destination(): Request['destination'] {
    return this.real.destination;
  }

  get duplex(): string {
    return this.real.duplex;
  }

  get integrity(): string {
    return this.real.integrity;
  }

  get keepalive(): boolean {
    return this.real.keepalive;
  }

  get mode(): Request['mode'] {
    return this.real.mode;
  }

  get redirect(): Request['redirect'] {
    return this.real.redirect;
  }

  get referrer(): string {
    return this.real.referrer;
  }

  get referrerPolicy(): Request['referrerPolicy'] {
    return this.real.referrerPolicy;
  }

  static {
    // What Node prints.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LazyRequest): object {
        return { method: this.method, url: this.url, headers: this.headers };
      },
    });
  }

  /** The real one, from now on the one whose body is read. */
  get real(): Request {
    return (this.#real ??= this.#make());
  }

  #make(): Request {
    const { method, url, headers, signal } = this;
    const init = { method, headers, signal };
    if (!hasBody(this.#environ)) return new NativeRequest(url, init);
    if (!this.#isUsed) {
      const body = inputBody(this.#environ['wsgi.input']);
      return new NativeRequest(url, { ...init, body, duplex: 'half' });
    }
    const used = new NativeRequest(url, { ...init, body: '' });
    void used.text();
    return used;
  }
}

/** The platform's own, also where somebody puts another in its place. */
const NativeRequest = Request;
Object.setPrototypeOf(LazyRequest.prototype, NativeRequest.prototype);

/**
 * Node up to 22 keeps the inside of a `Request` under symbols, which a lazy one can answer for by making the real one: then `new Request(lazy)` and `fetch(lazy)` work. Later versions, and
 * other platforms, keep it where nobody else can: there `installLightGlobals` helps `new Request`, and `clone()` the rest.
 */
export function showInside(): void {
  if (isShown) return;
  isShown = true;
  for (const symbol of Object.getOwnPropertySymbols(new NativeRequest('http://localhost/'))) {
    Object.defineProperty(LazyRequest.prototype, symbol, {
      configurable: true,
      get(this: LazyRequest): unknown {
        return (this.real as unknown as Record<symbol, unknown>)[symbol];
      },
    });
  }
}

let isShown = false;

const decoder = new TextDecoder();
const noBytes = new Uint8Array(0);

/** GET and HEAD have none in the fetch standard, whatever the client sends. */
function hasBody({ REQUEST_METHOD, CONTENT_LENGTH = '0', HTTP_TRANSFER_ENCODING }: Environ): boolean {
  if (REQUEST_METHOD === 'GET' || REQUEST_METHOD === 'HEAD') return false;
  return CONTENT_LENGTH !== '0' || HTTP_TRANSFER_ENCODING !== undefined;
}
