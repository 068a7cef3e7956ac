import type { ClientRequest, Interceptor, Send } from '../../../src/client/client-request.ts';
import { ClientResponse } from '../../../src/client/client-response.ts';
import { MadeBody } from '../../../src/client/incoming-body.ts';
import { HeaderFields, type HeaderList } from '../../../src/headers.ts';

/** A GET without anything, changed by `parts`. */
export function requestOf(url: string, parts: Partial<Omit<ClientRequest, 'url'>> = {}): ClientRequest {
  return { url, method: 'GET', headers: [], body: undefined, options: {}, ...parts };
}

/** An answer of a scripted server. */
export function answerOf(
  url: string,
  status: number,
  headers: HeaderList = [],
  body: ConstructorParameters<typeof MadeBody>[0] = '',
): ClientResponse {
  return new ClientResponse({
    status,
    reason: '',
    version: '1.1',
    headers: HeaderFields.from(headers),
    body: new MadeBody(body),
    url,
  });
}

/** Sends through one interceptor. */
export function through(interceptor: Interceptor, send: Send): Send {
  return (request) => interceptor(request, send);
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
