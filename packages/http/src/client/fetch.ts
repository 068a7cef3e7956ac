import type { ClientRequest, RequestOptions } from './client-request.ts';
import type { ClientResponse } from './client-response.ts';
import { outgoingBody, type FetchBody } from './fetch-body.ts';
import { fetchResponse } from './fetch-response.ts';
import { redirects } from './interceptors/redirects.ts';

/** What asks for {@link createFetch}: a `Client`, or anything with its `request`. */
export interface FetchClient {
  request(url: string, options: RequestOptions): Promise<ClientResponse>;
}

export interface FetchOptions {
  /** Follow redirects from https to http. Default false, where the standard leaves it to the site’s policy, and there is none here. */
  readonly allowDowngrade?: boolean | undefined;
}

/**
 * `fetch` as the WHATWG standard has it, over a client with its pool, interceptors and deadlines: for programs and libraries that take a `fetch`. `Request`, `Response`
 * and `Headers` are the runtime’s own.
 *
 * Rejects with the signal’s reason, where that was it, and otherwise with a TypeError: `fetch failed` with the client’s error as `cause`, or what is wrong with the request.
 *
 * Unlike a browser’s, or node’s: `manual` gives the redirect itself (as node’s does); Content-Encoding is not among the headers of a body that was decompressed; headers of an answer can be changed; the
 * body of a `Request` of more than 1 MiB is not sent again behind 307 and 308; `integrity` is refused; `keepalive`, `mode`, `credentials`, `referrer` and `priority` do nothing. `data:` and `blob:` are left
 * to the runtime.
 */
export function createFetch(client: FetchClient, { allowDowngrade }: FetchOptions = {}): typeof fetch {
  const follow = redirects({ max: maxRedirects, allowDowngrade });
  return async (input, init) => {
    const request = new Request(input, withoutSignal(input, init));
    const signal = signalOf(input, init);
    signal?.throwIfAborted();
    if (isOfRuntime(request.url)) return runtimeFetch(request);
    if (request.integrity !== '') throw new TypeError('integrity is not supported');
    let body: FetchBody | undefined;
    try {
      body = await outgoingBody(request, input, init);
      const asked = clientRequest(request, body, signal);
      const send = ({ url, method, headers, body: piece, options }: ClientRequest): Promise<ClientResponse> =>
        // Redirects are followed here, for the client has other limits.
        client.request(url, {
          ...options,
          method,
          headers,
          body: body?.forClient(piece),
          redirect: 'manual',
        });
      const response = await (request.redirect === 'follow' ? follow(asked, send) : send(asked));
      if (request.redirect === 'error' && redirectStatuses.has(response.status)) {
        response.body.cancel();
        throw new Error('the answer is a redirect, where none is wanted');
      }
      return fetchResponse(response, request.method, signal);
    } catch (error) {
      body?.cancel(error);
      if (signal?.aborted === true) throw signal.reason;
      throw new TypeError('fetch failed', { cause: error });
    } finally {
      body?.settle();
    }
  };
}

/** Fetch 4.4, step 7. */
const maxRedirects = 20;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** As it was when this was loaded: a program may put a `fetch` of ours in its place. */
const runtimeFetch: typeof fetch = globalThis.fetch;

/** Nothing that a network has. */
function isOfRuntime(url: string): boolean {
  return url.startsWith('data:') || url.startsWith('blob:');
}

/** The caller’s own: that of a Request only follows it. */
function signalOf(input: unknown, init: RequestInit | undefined): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

/** A Request would listen to it for as long as it lives. What is no signal, and an init with getters, is left to it. */
function withoutSignal(input: unknown, init: RequestInit | undefined): RequestInit | undefined {
  const signal = signalOf(input, init);
  if (!(signal instanceof AbortSignal)) return init;
  const isPlain = init === undefined || Object.getPrototypeOf(init) === Object.prototype;
  return isPlain ? { ...init, signal: null } : init;
}

function clientRequest(
  request: Request,
  body: FetchBody | undefined,
  signal: AbortSignal | undefined,
): ClientRequest {
  const headers = new Headers(request.headers);
  if (body?.describesItself === true) headers.delete('content-type');
  sayCacheMode(headers, request.cache);
  return {
    url: request.url,
    method: request.method,
    headers: [...headers],
    body: body?.body,
    options: { signal },
  };
}

/** For caches on the way: there is none here (Fetch 4.6). */
function sayCacheMode(headers: Headers, mode: Request['cache']): void {
  if (mode === 'no-cache' && !headers.has('cache-control')) headers.set('cache-control', 'max-age=0');
  if (mode !== 'no-store' && mode !== 'reload') return;
  if (!headers.has('pragma')) headers.set('pragma', 'no-cache');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache');
}
