import type { ClientRequest, Interceptor } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';

/** Watches requests: logs, counts and traces are made of it. Put it outermost to see what the caller sees, innermost to see each request on its own. */
export interface ClientObserver {
  onRequest?(request: ClientRequest): void;
  /** @param elapsedMs From the request to the head of its answer. */
  onResponse?(response: ClientResponse, request: ClientRequest, elapsedMs: number): void;
  onError?(error: unknown, request: ClientRequest, elapsedMs: number): void;
}

/** Tells `observer` of each request and what became of it. What a method throws is an uncaught exception, as of an event listener: no request is the worse for it. */
export function observe(observer: ClientObserver): Interceptor {
  return (request, next) => {
    const startedAt = performance.now();
    tell(() => observer.onRequest?.(request));
    return next(request).then(
      (response) => {
        tell(() => observer.onResponse?.(response, request, performance.now() - startedAt));
        return response;
      },
      (error: unknown) => {
        tell(() => observer.onError?.(error, request, performance.now() - startedAt));
        throw error;
      },
    );
  };
}

function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
