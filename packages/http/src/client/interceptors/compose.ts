import type { Interceptor, Send } from '../client-request.ts';

/**
 * Interceptors as one, the first one outermost: it sees a request first, and its answer last.
 *
 * ```ts
 * const send = compose(redirects(), cookies(jar), retries(), decompression())(transport);
 * ```
 */
export function compose(...interceptors: readonly Interceptor[]): (send: Send) => Send {
  return (send) => interceptors.reduceRight(before, send);
}

/** An interceptor may throw where it should reject: who sends need not know. */
function before(next: Send, interceptor: Interceptor): Send {
  return (request) => {
    try {
      return interceptor(request, next);
    } catch (error) {
      const fault = error as Error;
      return Promise.reject(fault);
    }
  };
}
