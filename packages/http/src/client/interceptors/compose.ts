import type { Interceptor, Send } from '../client-request.ts';

/**
 * Interceptors as one, the first one outermost: it sees a request first, and its answer last.
 *
 * ```ts
 * const send = compose(redirects(), cookies(jar), retries(), decompression())(transport);
 * ```
 */
export function compose(...interceptors: readonly Interceptor[]): (send: Send) => Send {
  return (send) =>
    interceptors.reduceRight<Send>((next, interceptor) => (request) => interceptor(request, next), send);
}
