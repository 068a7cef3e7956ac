import type { HeaderList } from '../headers.ts';
import { defaultFields, type ClientOptions } from './client-options.ts';
import type { ClientRequest, RequestOptions, Send } from './client-request.ts';
import type { ClientResponse } from './client-response.ts';
import { HttpClientError, requestTimedOut } from './errors.ts';
import { headerList } from './header-list.ts';
import { maxDelayMs } from './late-timer.ts';
import { compose } from './interceptors/compose.ts';
import { decompression } from './interceptors/decompression.ts';
import { redirects } from './interceptors/redirects.ts';
import { prepareRequest } from './prepare-request.ts';
import { requestTarget } from './request-target.ts';
import { Transport, type TransportStats } from './transport.ts';

/**
 * Asks servers for answers, over connections that it keeps. One for a program, or for each service that it talks to, with the options of that.
 *
 * What every request passes, from the caller inwards: the `interceptors`, redirects, the `networkInterceptors`, decompression, the pool of its origin.
 */
export class Client implements AsyncDisposable {
  readonly #transport: Transport | undefined;
  readonly #send: Send;
  readonly #fields: HeaderList;
  readonly #baseUrl: string | undefined;

  /** @throws HttpUsageError `BAD_OPTION` */
  constructor(options: ClientOptions = {}) {
    const {
      maxRedirects = 10,
      decompress = true,
      maxDecompressedBytes,
      interceptors = [],
      baseUrl,
    } = options;
    this.#transport = options.transport === undefined ? new Transport(options) : undefined;
    this.#fields = defaultFields(options.headers);
    this.#baseUrl = baseUrl === undefined ? undefined : requestTarget(String(baseUrl)).href;
    const standard = [
      ...(maxRedirects === false || maxRedirects === 0 ? [] : [redirects({ max: maxRedirects })]),
      ...(options.networkInterceptors ?? []),
      ...(decompress
        ? [decompression(maxDecompressedBytes === undefined ? {} : { maxBytes: maxDecompressedBytes })]
        : []),
    ];
    const innermost = options.transport ?? (this.#transport as Transport).send;
    this.#send = compose(...interceptors, ...standard)(innermost);
  }

  /** Connections and waiting requests at the moment; all zero with a `transport` of your own. */
  get stats(): TransportStats {
    return this.#transport?.stats ?? { origins: 0, connections: 0, idle: 0, waiting: 0 };
  }

  /**
   * Sends a request, and resolves with its answer as soon as the head of that is there. Any status is an answer.
   *
   * @throws SocketError the connection; HttpClientError the request, by its `code`; HttpProtocolError what came is no HTTP; HttpUsageError what was
   *   asked is no request
   */
  request(url: string | URL, options: RequestOptions = {}): Promise<ClientResponse> {
    let request;
    try {
      request = prepareRequest(url, options, this.#fields, this.#baseUrl);
    } catch (error) {
      const failure = error as Error;
      return Promise.reject(failure);
    }
    return options.timeoutMs === undefined || options.timeoutMs > maxDelayMs
      ? this.#send(request)
      : this.#sendWithin(request, options.timeoutMs);
  }

  /**
   * Asks for another protocol on the connection (RFC 9110 7.8): `upgraded` of the answer is its stream.
   *
   * @throws HttpClientError `UPGRADE_REFUSED` for any answer but 101, and as {@link request}
   */
  async upgrade(
    url: string | URL,
    protocol: string,
    options: RequestOptions = {},
  ): Promise<ClientResponse & { readonly upgraded: NonNullable<ClientResponse['upgraded']> }> {
    const headers = [
      ...headerList(options.headers),
      ['Connection', 'Upgrade'],
      ['Upgrade', protocol],
    ] as const;
    const response = await this.request(url, { ...options, headers: headers as HeaderList });
    const { status, upgraded } = response;
    if (upgraded !== undefined) return response as typeof response & { readonly upgraded: typeof upgraded };
    await response.body.discard();
    throw new HttpClientError(
      'UPGRADE_REFUSED',
      `the server answered ${String(status)}, and stayed with HTTP`,
      {
        status,
      },
    );
  }

  /** Takes no more requests, and resolves when those under way are answered and their bodies read. */
  async close(): Promise<void> {
    await this.#transport?.close();
  }

  /** Ends everything at once: what is under way rejects with `CLOSED`. */
  abort(reason?: unknown): void {
    this.#transport?.abort(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sendWithin(request: ClientRequest, timeoutMs: number): Promise<ClientResponse> {
    const cut = new AbortController();
    const timer = setTimeout(() => {
      cut.abort(requestTimedOut('total', timeoutMs));
    }, timeoutMs);
    const { signal } = request.options;
    const either = signal === undefined ? cut.signal : AbortSignal.any([signal, cut.signal]);
    try {
      return await this.#send({ ...request, options: { ...request.options, signal: either } });
    } finally {
      clearTimeout(timer);
    }
  }
}

let shared: Client | undefined;

/**
 * Sends a request by a client that the whole program shares, with default options: see {@link Client.request}. Its idle connections keep no process
 * alive.
 */
export function request(url: string | URL, options?: RequestOptions): Promise<ClientResponse> {
  return (shared ??= new Client()).request(url, options);
}
