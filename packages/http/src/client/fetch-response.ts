import { ReadableStream, type ReadableByteStreamController } from 'node:stream/web';
import type { ClientResponse } from './client-response.ts';
import type { IncomingBody } from './incoming-body.ts';
import { requestTarget } from './request-target.ts';

/** What the constructor of Response does not take: properties of their own stand before its getters. */
interface Facts {
  readonly url: string;
  readonly redirected: boolean;
  readonly type: Response['type'];
  /** Where they are beyond what the constructor allows. */
  readonly status?: number;
  readonly ok?: boolean;
}

/** A `Response` of the runtime’s own. */
export function fetchResponse(
  answer: ClientResponse,
  method: string,
  signal: AbortSignal | undefined,
): Response {
  const { status, reason, headers, body } = answer;
  const hasBody = method !== 'HEAD' && !nullBodyStatuses.has(status);
  if (!hasBody) void body.discard();
  const isPlain = status >= 200 && status <= 599;
  const response = new Response(hasBody ? bodyStream(body, signal) : null, {
    status: isPlain ? status : 200,
    statusText: reason,
    headers: [...headers],
  });
  return withFacts(response, {
    url: requestTarget(answer.url).href,
    redirected: answer.redirectedFrom.length > 0,
    type: 'basic',
    ...(!isPlain && { status, ok: false }),
  });
}

/** Fetch 2.2.3. */
const nullBodyStatuses: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

function withFacts(response: Response, facts: Facts): Response {
  for (const [name, value] of Object.entries(facts)) Object.defineProperty(response, name, { value });
  const clone = response.clone.bind(response);
  return Object.defineProperty(response, 'clone', { value: () => withFacts(clone(), facts) });
}

/** Pulled from as it is read. Bytes are copied, for a stream of bytes takes their buffers away, and pieces share theirs. */
function bodyStream(body: IncomingBody, signal: AbortSignal | undefined): ReadableStream {
  let controller: ReadableByteStreamController;
  const abort = (): void => {
    controller.error(signal?.reason);
    body.cancel(signal?.reason);
  };
  const end = (): void => {
    signal?.removeEventListener('abort', abort);
  };
  return new ReadableStream({
    type: 'bytes',
    start(given) {
      controller = given;
      signal?.addEventListener('abort', abort, { once: true });
    },
    async pull(): Promise<void> {
      let piece;
      try {
        piece = await body.read();
      } catch (error) {
        end();
        if (signal?.aborted === true) return;
        throw new TypeError('terminated', { cause: error });
      }
      if (signal?.aborted === true) return;
      if (piece !== undefined) {
        controller.enqueue(new Uint8Array(piece));
        return;
      }
      end();
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason): void {
      end();
      body.cancel(reason);
    },
  });
}
