import type { Question } from '../message/message.ts';

/**
 * Why there is no answer.
 *
 * | code | meaning |
 * |---|---|
 * | `NXDOMAIN` | neither the name nor any below it exists |
 * | `NODATA` | the name exists, records of the type do not (RFC 2308 2.2) |
 * | `SERVFAIL` | a server tried and failed: broken delegation, bad signatures, or its own trouble |
 * | `REFUSED` | a server does not serve this client |
 * | `BAD_RESPONSE` | a server answered what makes no sense: another error code, an alias that leads back to itself, no recursion |
 * | `UNREACHABLE` | no server could be reached: nobody listens, no route, or the connection broke |
 * | `TIMED_OUT` | the deadline passed, or no server answered in any try |
 * | `ABORTED` | the caller's signal; `cause` is its reason |
 */
export type DnsResolveErrorCode =
  'NXDOMAIN' | 'NODATA' | 'SERVFAIL' | 'REFUSED' | 'BAD_RESPONSE' | 'UNREACHABLE' | 'TIMED_OUT' | 'ABORTED';

export interface DnsResolveErrorDetails {
  readonly question: Question;
  readonly server?: string | undefined;
  readonly ttl?: number | undefined;
  readonly cause?: unknown;
}

/** A question without an answer: the fault of a server, the network or the name, never of the program. */
export class DnsResolveError extends Error {
  override readonly name = 'DnsResolveError';
  readonly code: DnsResolveErrorCode;
  /** What was asked, after the search list was applied. */
  readonly question: Question;
  /** The server that said so, as text that `parseAddress` reads; none where no server said anything. */
  readonly server: string | undefined;
  /** Of `NXDOMAIN` and `NODATA`: seconds for which that may be remembered (RFC 2308 5). None where the server did not say. */
  readonly ttl: number | undefined;

  constructor(code: DnsResolveErrorCode, message: string, details: DnsResolveErrorDetails) {
    const { question, server, ttl } = details;
    super(
      `${question.name.toString()} ${question.type}: ${message}`,
      'cause' in details ? { cause: details.cause } : undefined,
    );
    this.code = code;
    this.question = question;
    this.server = server;
    this.ttl = ttl;
  }
}
