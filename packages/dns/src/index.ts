/**
 * `@wirestack/dns`: DNS, from bytes to servers. In reading order:
 *
 * - `name.ts`   domain names: labels are bytes
 * - `records/`   types, classes and data of records: values, wire form, text
 * - `message/`   bytes ↔ messages; also as `@wirestack/dns/message`, for browsers
 * - `zone/`   master files, and what a zone says to a question; also as `@wirestack/dns/zone`, for browsers
 * - `server/`   UDP and TCP with a handler, and the authoritative one; also as `@wirestack/dns/server`
 * - `resolver/`   the stub resolver, and `lookup` for `connect`; also as `@wirestack/dns/resolver`
 */
export * from './message/index.ts';
export * from './zone/index.ts';
export * from './server/index.ts';
export * from './resolver/index.ts';
