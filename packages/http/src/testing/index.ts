/**
 * `@wirestack/http/testing`: servers that are not there, for tests of programs that use the client. In reading order:
 *
 * - `mock-transport.ts`   stands in place of the network
 * - `mock-route.ts`   what is answered to which requests
 * - `mock-reply.ts`   how an answer is told
 * - `mock-call.ts`   what was asked
 * - `manual-clock.ts`   time that passes when the test says so
 */
export { MockTransport, type MockTransportOptions } from './mock-transport.ts';
export type { MethodPattern, RouteOptions, UrlPattern } from './mock-route.ts';
export type { MockReply, ReplyParts } from './mock-reply.ts';
export type { MockCall } from './mock-call.ts';
export { ManualClock } from './manual-clock.ts';
