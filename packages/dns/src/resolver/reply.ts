import { DnsFormatError } from '../errors.ts';
import { decode, decodeHeader } from '../message/decode.ts';
import type { Message } from '../message/message.ts';
import { respond } from '../message/query.ts';

/** Why bytes that arrived are not the answer that is waited for. */
export type IgnoredReason =
  /** QR is clear, or the opcode another: no response to a query. */
  | 'NOT_A_RESPONSE'
  | 'WRONG_ID'
  | 'WRONG_QUESTION'
  /** From an address or port that was not asked. */
  | 'WRONG_SOURCE'
  /** No DNS message. */
  | 'BAD_FORMAT';

/**
 * The response to `query` that `bytes` are, or why they are none. A forger who does not see the query must guess all of it
 * (RFC 5452 9.1), so nothing of a message that does not match may be believed: not even that the server is in trouble.
 *
 * @param exactCase whether the question must have the query's upper and lower case letters (draft-vixie-dnsext-dns0x20).
 */
export function readReply(bytes: Uint8Array, query: Message, exactCase: boolean): Message | IgnoredReason {
  const header = decodeHeader(bytes);
  if (header === undefined) return 'BAD_FORMAT';
  if (!header.isResponse || header.opcode !== query.opcode) return 'NOT_A_RESPONSE';
  if (header.id !== query.id) return 'WRONG_ID';
  let reply;
  try {
    reply = decode(bytes);
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    // Some servers cut a message in the middle of a record. TC sends the resolver to TCP, and that is all that is believed of it.
    return header.isTruncated ? respond(query, { isTruncated: true }) : 'BAD_FORMAT';
  }
  return isSameQuestion(reply, query, exactCase) ? reply : 'WRONG_QUESTION';
}

function isSameQuestion(reply: Message, query: Message, exactCase: boolean): boolean {
  const [asked] = query.questions;
  const [answered, ...more] = reply.questions;
  // Servers that could not read the query, old ones given EDNS above all, answer with the header alone (RFC 6891 7).
  if (answered === undefined) return reply.rcode === 'FORMERR';
  return (
    asked !== undefined &&
    more.length === 0 &&
    answered.type === asked.type &&
    answered.class === asked.class &&
    (exactCase ? answered.name.toString() === asked.name.toString() : answered.name.equals(asked.name))
  );
}
