// `@wirestack/dns/resolver`: asking a recursive server. In reading order:
//
//   stub.ts        StubResolver: which server, how often, what its answer means
//   answer.ts      a response → records          search.ts    short names
//   transport.ts   a query over UDP or TCP       reply.ts     which bytes are its reply
//   config.ts      resolv.conf                   hosts.ts     hosts
//   lookup.ts      all of it in the shape of node's `dns.lookup`

export { parseResolvConf, readResolvConf, type ResolverConfig } from './config.ts';
export { DnsResolveError, type DnsResolveErrorCode, type DnsResolveErrorDetails } from './errors.ts';
export { parseHosts, type Hosts } from './hosts.ts';
export {
  createLookup,
  type CreateLookupOptions,
  type LookupAddress,
  type LookupError,
  type LookupFunction,
  type LookupOptions,
} from './lookup.ts';
export {
  StubResolver,
  type QuestionOptions,
  type StubResolverOptions,
  type StubResolverStats,
} from './stub.ts';
export { exchange, type Exchange, type ExchangeOptions, type ServerAddress } from './transport.ts';
export type { Resolution } from './answer.ts';
export type { IgnoredReason } from './reply.ts';
