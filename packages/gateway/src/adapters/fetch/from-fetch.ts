import type { Application, Body, StartResponse } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import { textResponse } from '../../text-response.ts';
import { LazyRequest, showInside } from './lazy-request.ts';
import { requestUrl } from './request-url.ts';
import { sendResponse } from './response-body.ts';

/** What a handler gets besides the request; in Hono it is `c.env`. */
export interface FetchContext {
  /** Of the request: the client's address, what middleware has found out, `wirestack.early_hints`. */
  readonly environ: Environ;
}

/** A program of the fetch standard, as Hono's `app.fetch`, or what `export default { fetch }` exports on Workers, Deno and Bun. */
export type FetchHandler = (request: Request, context: FetchContext) => Response | Promise<Response>;

/**
 * A handler of `Request` and `Response` as an application.
 *
 * ```ts
 * const app = new Hono().get('/', (c) => c.text(`hello ${c.env.environ.REMOTE_ADDR}`));
 * const server = await makeServer('127.0.0.1:8000', fromFetch(app.fetch));
 * ```
 *
 * Its request is made as far as it is asked for. Its URL is the whole one, mounted or not; `signal` is aborted when the client leaves, and the body of the response cancelled. A Host
 * that is none, and a path with `..` in it, is answered with 400; CONNECT, TRACE and TRACK, which the fetch standard forbids, with 501. Most of the time of a short answer
 * is the platform's `new Response`: see `installLightGlobals`.
 *
 * The source is https://fetch.spec.whatwg.org/; errors that the handler throws are the server's to report.
 *
 * @throws TypeError from the application for what is no `Response`, or one whose body was read
 */
export function fromFetch(handler: FetchHandler): Application {
  if (typeof handler !== 'function') throw new TypeError('fromFetch takes a function, such as app.fetch');
  showInside();
  return (environ, startResponse) => {
    const method = environ.REQUEST_METHOD;
    if (forbidden.has(method)) return textResponse(startResponse, '501 Not Implemented');
    const url = requestUrl(environ);
    if (url === undefined) return textResponse(startResponse, '400 Bad Request');
    const request = new LazyRequest(environ, url) as unknown as Request;
    const response = handler(request, { environ });
    const isHead = method === 'HEAD';
    return isPromise(response)
      ? response.then((one) => answer(one, isHead, startResponse))
      : answer(response, isHead, startResponse);
  };
}

const forbidden: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

function answer(response: Response, isHead: boolean, startResponse: StartResponse): Body | Promise<Body> {
  const given: unknown = response;
  if (typeof given !== 'object' || given === null || !('status' in given) || !('headers' in given))
    throw new TypeError('the handler returned no Response');
  return sendResponse(response, isHead, startResponse);
}

function isPromise(value: Response | Promise<Response>): value is Promise<Response> {
  if (value instanceof Promise) return true;
  return typeof value === 'object' && (value as unknown) !== null && 'then' in value;
}
