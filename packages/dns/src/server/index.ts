/**
 * `@wirestack/dns/server`: a server over UDP and TCP. In reading order:
 *
 * - `query-context.ts`   what a handler is, and what it knows of a query
 * - `authoritative.ts`   the handler that answers from zones
 * - `server.ts`   both transports at one address; `tcp-connection.ts` is one TCP client
 * - `responder.ts`   bytes of a query → bytes of its answer
 */
export { authoritative, type AuthoritativeHandler } from './authoritative.ts';
export type { DnsHandler, QueryContext } from './query-context.ts';
export { serveDns, type DnsServer, type ServeDnsOptions } from './server.ts';
export type { DnsServerStats } from './responder.ts';
