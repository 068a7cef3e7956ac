import type { ClientRequest, Interceptor, Send } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';
import { HttpClientError } from '../errors.ts';
import { leaveBehind } from './leave-behind.ts';
import { redirectedRequest, redirectTarget } from './redirected-request.ts';
import { replayOf, type Replay } from './replay.ts';

export interface RedirectOptions {
  /** Redirects followed for one request. Default 10 (curl 50, fetch 20, urllib 10): what needs more is a circle, or on its way to be one. */
  readonly max?: number | undefined;
  /** From https to http. Default false: what was asked for in secret would be answered, and perhaps asked, in clear. */
  readonly allowDowngrade?: boolean | undefined;
  /** Names of more fields that only the first origin may see, such as `X-Api-Key`. Authorization, Cookie and Proxy-Authorization are in any case. */
  readonly originFields?: readonly string[] | undefined;
}

/**
 * Follows 301, 302, 303, 307 and 308 (RFC 9110 15.4). 303 becomes GET, but for HEAD; 301 and 302 of a POST become GET, as in all browsers; else method and body
 * stay, and the body must be one that can be sent again.
 *
 * Across origins Authorization, Cookie, Proxy-Authorization, Host and `originFields` are dropped, and are not taken up again on the way back. Credentials in a
 * Location are dropped. An answer without Location is the answer.
 *
 * Rejects with HttpClientError `TOO_MANY_REDIRECTS` above `max`, or where one request comes a fifth time (urllib’s figure: a site that sets a cookie sends one back
 * to where it was); `BAD_REDIRECT` for a Location that is no http or https URL, several that differ, a downgrade, a body that cannot be sent
 * again, and any redirect with `redirect: 'error'`.
 */
export function redirects(options: RedirectOptions = {}): Interceptor {
  return (request, next) => {
    if (request.options.redirect === 'manual') return next(request);
    const replay = replayOf(request);
    return next(replay.request).then((response) =>
      isRedirect(response) ? new RedirectChain(options, next).follow(replay, response) : response,
    );
  };
}

function isRedirect({ status, headers }: ClientResponse): boolean {
  if (status < 301 || status > 308 || (status > 303 && status < 307)) return false;
  return headers.has('location');
}

/** One request and where it is sent to after that. */
class RedirectChain {
  readonly #options: RedirectOptions;
  readonly #next: Send;
  readonly #left: string[] = [];
  /** How often a request was made. */
  readonly #visits = new Map<string, number>();

  constructor(options: RedirectOptions, next: Send) {
    this.#options = options;
    this.#next = next;
  }

  async follow(first: Replay, redirect: ClientResponse): Promise<ClientResponse> {
    let replay = first;
    let response = redirect;
    do {
      replay = replayOf(await this.#nextRequest(replay, response));
      response = await this.#next(replay.request);
    } while (isRedirect(response));
    return response.with({ redirectedFrom: [...this.#left, ...response.redirectedFrom] });
  }

  /** What to ask in place of what was asked; the answer is left behind in any case. */
  async #nextRequest({ request, canRepeat }: Replay, response: ClientResponse): Promise<ClientRequest> {
    const left = leaveBehind(response);
    if (request.options.redirect === 'error') {
      throw badRedirect(`${request.url} redirects, where no redirect is wanted`);
    }
    const target = redirectTarget(request.url, response.headers, this.#options.allowDowngrade === true);
    const redirected = redirectedRequest(request, response.status, target, this.#options.originFields);
    if (redirected.body !== undefined && !canRepeat()) {
      throw badRedirect(
        `${request.url} redirects a body that cannot be sent again: give a function that makes it`,
      );
    }
    this.#count(request);
    await left;
    return redirected;
  }

  #count({ method, url }: ClientRequest): void {
    this.#left.push(url);
    const { max = 10 } = this.#options;
    if (this.#left.length > max) {
      throw new HttpClientError(
        'TOO_MANY_REDIRECTS',
        `more than ${String(max)} redirects, the last from ${url}`,
      );
    }
    const key = `${method} ${url}`;
    const visits = (this.#visits.get(key) ?? 0) + 1;
    this.#visits.set(key, visits);
    if (visits > maxVisits) throw new HttpClientError('TOO_MANY_REDIRECTS', `${key} redirects to itself`);
  }
}

/** urllib’s `max_repeats`. */
const maxVisits = 4;

function badRedirect(message: string): HttpClientError {
  return new HttpClientError('BAD_REDIRECT', message);
}
