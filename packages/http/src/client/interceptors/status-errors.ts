import type { Interceptor } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';

/** The server answered, and not with what was asked for. The body of `response` is there to be read, or to be discarded. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly status: number;
  readonly response: ClientResponse;

  constructor(response: ClientResponse) {
    super(`${response.url} answered ${String(response.status)} ${response.reason}`.trimEnd());
    this.status = response.status;
    this.response = response;
  }
}

/**
 * Rejects with {@link HttpStatusError} for answers of 400 and above, as axios, got and undici’s `responseError` do; 3xx that was not followed is an answer.
 *
 * @param isError what is one besides, or is none.
 */
export function statusErrors(isError: (response: ClientResponse) => boolean = isAtLeast400): Interceptor {
  return (request, next) =>
    next(request).then((response) => {
      if (isError(response)) throw new HttpStatusError(response);
      return response;
    });
}

function isAtLeast400({ status }: ClientResponse): boolean {
  return status >= 400;
}
