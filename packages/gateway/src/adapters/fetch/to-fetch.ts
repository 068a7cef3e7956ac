import { reasonPhrase } from '@wirestack/http/protocol';
import type { Application, Chunk } from '../../application.ts';
import { run, type GatewayResponse } from '../../run.ts';
import { BodyPieces, type PiecewiseBody } from '../body-pieces.ts';
import { lazyStart } from '../lazy-start.ts';
import { FetchEnviron, type FetchExchange } from './request-environ.ts';

/** How requests that come without a connection are told of. */
export interface ToFetchOptions {
  /** The client's address, `REMOTE_ADDR`; a request does not say it. Default: empty. Where it comes from depends on the platform: `cf-connecting-ip` on Workers. */
  readonly remoteAddress?: (request: Request, ...platform: unknown[]) => string;
  /** Told of what the application throws, which the client sees as 500, or as the end of the connection. Default: `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** What Workers, Deno, Bun and Next call. `platform` is what they give besides the request, as Workers' `env` and `ctx`: `environ['wirestack.fetch'].platform`. */
export type FetchApplication = (request: Request, ...platform: unknown[]) => Promise<Response>;

/**
 * An application as a handler of the fetch standard.
 *
 * ```ts
 * export default { fetch: toFetch(app) }; // Workers, Bun, Deno
 * export const GET = toFetch(app); // a route of Next
 * ```
 *
 * Bodies stream both ways, a piece when it is asked for. When `request.signal` is aborted, or the body of the response cancelled, `wirestack.signal` is aborted and the
 * application's body closed. The lifespan of an application starts with the first request; to stop it is the caller's. It needs nothing of Node.
 *
 * The promise is never rejected.
 *
 * @throws TypeError for what is no application
 */
export function toFetch(app: Application, options: ToFetchOptions = {}): FetchApplication {
  if (typeof app !== 'function') throw new TypeError('toFetch takes an application');
  const { remoteAddress = () => '', onError = reportError } = options;
  const start = lazyStart(app);
  return async (request, ...platform) => {
    let exchange: FetchExchange | undefined;
    try {
      await start?.();
      const environ = new FetchEnviron(request, remoteAddress(request, ...platform), platform);
      exchange = environ['wirestack.fetch'];
      return respond(await run(app, environ), exchange, onError);
    } catch (error) {
      exchange?.end();
      onError(error);
      const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
      return new Response('Internal Server Error\n', { status: 500, headers });
    }
  };
}

function reportError(error: unknown): void {
  console.error(error);
}

function respond(
  response: GatewayResponse,
  exchange: FetchExchange,
  onError: (error: unknown) => void,
): Response {
  const { status, reason = reasonPhrase(status), body } = response;
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  const source = isWhole ? undefined : new BodySource(body, exchange, onError);
  try {
    const headers = new Headers();
    for (const [name, value] of response.headers) headers.append(name, value);
    const init = { status, statusText: reason, headers };
    const isHead = exchange.request.method === 'HEAD';
    if (isHead && isWhole && !headers.has('content-length'))
      headers.set('content-length', String(bytesOf(body).length));
    if (isHead || hasNoBody.has(status)) {
      source?.stop(undefined);
      exchange.end();
      return new Response(null, init);
    }
    if (source !== undefined) return new Response(source.stream(), init);
    exchange.end();
    return new Response(body as Uint8Array<ArrayBuffer> | string, init);
  } catch (error) {
    source?.stop(error);
    throw error;
  }
}

/** Statuses for which `Response` takes no body, not even an empty one. */
const hasNoBody: ReadonlySet<number> = new Set([204, 205, 304]);
const encoder = new TextEncoder();

function bytesOf(chunk: Chunk): Uint8Array {
  return typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
}

/** A body in pieces as a stream that pulls them. It is closed when it ends, when nobody takes it any more, and when the request is aborted. */
class BodySource {
  readonly #pieces: BodyPieces;
  readonly #exchange: FetchExchange;
  readonly #onError: (error: unknown) => void;

  constructor(body: PiecewiseBody, exchange: FetchExchange, onError: (error: unknown) => void) {
    this.#pieces = new BodyPieces(body);
    this.#exchange = exchange;
    this.#onError = onError;
  }

  stream(): ReadableStream<Uint8Array> {
    const { signal } = this.#exchange.request;
    let abort = (): void => undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          abort = () => {
            this.stop(signal.reason);
            controller.error(signal.reason);
          };
          if (signal.aborted) abort();
          else signal.addEventListener('abort', abort, { once: true });
        },
        pull: async (controller) => {
          const chunk = await this.#next();
          if (chunk !== undefined) {
            controller.enqueue(bytesOf(chunk));
            return;
          }
          signal.removeEventListener('abort', abort);
          // Where the request was aborted, the stream has its error already.
          if (!signal.aborted) controller.close();
        },
        cancel: (reason: unknown) => {
          signal.removeEventListener('abort', abort);
          this.stop(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Nobody takes what is left. */
  stop(reason: unknown): void {
    if (this.#pieces.isClosed) return;
    this.#exchange.leave(reason);
    this.#exchange.end();
    this.#pieces.close().catch(this.#onError);
  }

  async #next(): Promise<Chunk | undefined> {
    try {
      const chunk = await this.#pieces.next();
      if (chunk === undefined) this.#exchange.end();
      return chunk;
    } catch (error) {
      this.#exchange.end();
      this.#onError(error);
      throw error;
    }
  }
}
