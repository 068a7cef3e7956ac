import type { Clock } from '@wirestack/socket';
import { HttpUsageError } from '../errors.ts';
import type { ClientRequest, Send } from '../client/client-request.ts';
import type { ClientResponse } from '../client/client-response.ts';
import { abortError, processClock, waited } from '../client/interceptors/waiting.ts';
import { requestTarget } from '../client/request-target.ts';
import { callOf, type MockCall } from './mock-call.ts';
import { responseTo, type MockReply } from './mock-reply.ts';
import { MockRoute, type MethodPattern, type RouteOptions, type UrlPattern } from './mock-route.ts';

export interface MockTransportOptions {
  /** For `delayMs`. Default the process’s. */
  readonly clock?: Clock | undefined;
}

/**
 * Stands in place of the network, and answers what it was told to:
 *
 * ```ts
 * const mock = new MockTransport();
 * mock.on('GET', 'http://users.example/7', { json: { name: 'Ada' } });
 * const client = new Client({ transport: mock.send });
 * ```
 *
 * Of several routes that match, the first one with answers left is taken. What nothing matches rejects with HttpUsageError `BAD_REQUEST`, whose message says what there is.
 */
export class MockTransport {
  readonly #clock: Clock;
  readonly #routes: MockRoute[] = [];
  readonly #calls: MockCall[] = [];

  constructor({ clock = processClock }: MockTransportOptions = {}) {
    this.#clock = clock;
  }

  /** What was asked, in the order it came: also what nothing matched. */
  get calls(): readonly MockCall[] {
    return this.#calls;
  }

  /** Answers `reply` to requests like these. @throws HttpUsageError `BAD_OPTION`, `BAD_REQUEST` for a string that is no absolute URL */
  on(method: MethodPattern, url: UrlPattern, reply: MockReply, options: RouteOptions = {}): this {
    this.#routes.push(new MockRoute(method, url, reply, options));
    return this;
  }

  /** The transport. Bound: it is handed on. */
  readonly send: Send = async (request) => this.#answer(request);

  async #answer(request: ClientRequest): Promise<ClientResponse> {
    const { signal } = request.options;
    if (signal?.aborted === true) throw abortError(signal);
    const { href } = requestTarget(request.url);
    const call = await callOf(request, href);
    this.#calls.push(call);
    const route = this.#routes.find((one) => !one.isExhausted && one.matches(call.method, href));
    if (route === undefined) throw this.#unmatched(call);
    route.count++;
    if (route.delayMs > 0) await waited(this.#clock, route.delayMs, signal);
    return responseTo(call, route.reply);
  }

  /** @throws HttpUsageError `BAD_STATE` that lists what was not asked for, or less often than `times` */
  assertDone(): void {
    const open = this.#routes.filter((route) => !route.isDone);
    if (open.length > 0) throw new HttpUsageError('BAD_STATE', `not asked for:${listed(open)}`);
  }

  /** Forgets all routes and calls. */
  reset(): void {
    this.#routes.length = 0;
    this.#calls.length = 0;
  }

  #unmatched({ method, url }: MockCall): HttpUsageError {
    const known = this.#routes.length === 0 ? ' no route at all' : listed(this.#routes);
    return new HttpUsageError('BAD_REQUEST', `nothing answers ${method} ${url}; there is:${known}`);
  }
}

function listed(routes: readonly MockRoute[]): string {
  return routes.map((route) => `\n  ${String(route)}`).join('');
}
