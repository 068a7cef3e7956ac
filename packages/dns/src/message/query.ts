import { Name } from '../name.ts';
import type { QuestionType, RecordClass } from '../records/record.ts';
import type { Edns, Message } from './message.ts';

export interface QueryOptions {
  /** 16 bits that nobody can guess (RFC 5452): from `crypto.getRandomValues`, say. */
  readonly id: number;
  /** Default `IN`. */
  readonly class?: RecordClass;
  /** RD. Default true: a resolver is asked, not an authority. */
  readonly recursionDesired?: boolean;
  /** CD. Default false. */
  readonly checkingDisabled?: boolean;
  /** Default: 1,232 bytes, which no path fragments (DNS flag day 2020), no DO, no options. `undefined` for none. */
  readonly edns?: Partial<Edns> | undefined;
}

/** UDP payload that fits 1,280 bytes, the least MTU of IPv6, behind its headers. */
const defaultPayloadBytes = 1232;

/**
 * A query to send.
 *
 * @throws DnsUsageError `BAD_NAME` for text that is no name.
 */
export function query(name: string | Name, type: QuestionType, options: QueryOptions): Message {
  const { id, class: questionClass = 'IN', recursionDesired = true, checkingDisabled = false } = options;
  return {
    id,
    isResponse: false,
    opcode: 'QUERY',
    isAuthoritative: false,
    isTruncated: false,
    recursionDesired,
    recursionAvailable: false,
    isAuthenticData: false,
    checkingDisabled,
    rcode: 'NOERROR',
    questions: [{ name: Name.from(name), type, class: questionClass }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: 'edns' in options && options.edns === undefined ? undefined : edns(options.edns),
  };
}

/**
 * The response to `query`: id, opcode, questions, RD and CD are the query's, the rest is what `parts` say, or empty. It has OPT where the
 * query had it, with the query's DO (RFC 6891 6.1.1, RFC 3225 3).
 */
export function respond(query: Message, parts: Partial<Message> = {}): Message {
  return {
    id: query.id,
    isResponse: true,
    opcode: query.opcode,
    isAuthoritative: parts.isAuthoritative ?? false,
    isTruncated: parts.isTruncated ?? false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: parts.recursionAvailable ?? false,
    isAuthenticData: parts.isAuthenticData ?? false,
    checkingDisabled: query.checkingDisabled,
    rcode: parts.rcode ?? 'NOERROR',
    questions: query.questions,
    answers: parts.answers ?? [],
    authorities: parts.authorities ?? [],
    additionals: parts.additionals ?? [],
    edns: parts.edns ?? (query.edns === undefined ? undefined : edns({ dnssecOk: query.edns.dnssecOk })),
  };
}

function edns(parts: Partial<Edns> = {}): Edns {
  return { udpPayloadSize: defaultPayloadBytes, version: 0, dnssecOk: false, options: [], ...parts };
}
