import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { BodySender } from './body-sender.ts';
import type { HttpResponse } from './response.ts';

/** What the client of a handler that failed gets to know. */
export const serverErrorText = 'Internal Server Error\n';
export const serverError: HttpResponse = {
  status: 500,
  headers: [['Content-Type', 'text/plain; charset=utf-8']],
  body: serverErrorText,
};

/** Also for promises of other libraries. */
export function isPromise(response: HttpResponse | Promise<HttpResponse>): response is Promise<HttpResponse> {
  if (response instanceof Promise) return true;
  if (typeof response !== 'object' || (response as unknown) === null) return false;
  return 'then' in response && typeof response.then === 'function';
}

/** A body that is there as a whole. */
export function isWhole(body: HttpResponse['body']): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** The fields with a Content-Length. @throws HttpUsageError `BAD_BODY` for another Content-Length, where it `mustAgree` */
export function withLength(headers: HeaderList = [], length: number, mustAgree: boolean): HeaderList {
  const given = headers.find(([name]) => name.toLowerCase() === 'content-length');
  if (given === undefined) return [...headers, ['Content-Length', String(length)]];
  if (mustAgree && Number(given[1]) !== length) {
    throw new HttpUsageError('BAD_BODY', `Content-Length is ${given[1]}, the body ${String(length)}`);
  }
  return headers;
}

/** A response that will not be sent: its iterator or file is not left open. */
export function discardBody(response: HttpResponse): void {
  const body = (response as HttpResponse | undefined)?.body;
  if (isWhole(body)) return;
  try {
    new BodySender(body as Iterable<string>).cancel();
  } catch {
    // It is no body, or does not even begin: nothing to close.
  }
}
