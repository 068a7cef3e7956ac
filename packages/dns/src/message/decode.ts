import { className, opcodeName, rcodeName, typeName } from '../records/codes.ts';
import { readData } from '../records/rdata-wire.ts';
import type { ResourceRecord } from '../records/record.ts';
import { WireReader } from '../wire/reader.ts';
import { optType, readOpt } from './edns-wire.ts';
import type { Edns, Header, Message, Question } from './message.ts';

const headerBytes = 12;
const updateOpcode = 5;

/** The flags of a message and what it claims to have. */
export interface HeaderWithCounts extends Header {
  readonly questionCount: number;
  readonly answerCount: number;
  readonly authorityCount: number;
  readonly additionalCount: number;
}

/**
 * Reads a whole message (RFC 1035 4). It must be valid throughout, and end where the bytes do.
 *
 * Names are copied: they neither change nor pin the bytes. Strings of TXT, digests, keys, values of parameters, options, and data of
 * unknown types are views of `bytes`, which must not change as long as they are used: `slice()` what is kept.
 *
 * - A TTL with its top bit set is 0 (RFC 2181 8).
 * - A record of a known type is `TYPE1` with bytes, not `A`, in a class where the type's form is another, and in an UPDATE where the
 *   data is absent (RFC 2136 2.4, 2.5).
 * - Of unknown types that RFC 1035 and 3597 let compress names (NAPTR, RP, AFSDB …), the bytes have those names written out.
 *
 * Time and memory are bounded by the bytes, not by the header's counts: at most 22 times their length for names that point to a long one.
 *
 * @throws DnsFormatError with the offset of the first fault. {@link decodeHeader} then still gives the id to answer FORMERR to.
 */
export function decode(bytes: Uint8Array): Message {
  const reader = new WireReader(bytes);
  reader.need(headerBytes);
  const flags = u16(bytes, 2);
  const isUpdate = ((flags >>> 11) & 0xf) === updateOpcode;
  reader.offset = headerBytes;
  const questions = readQuestions(reader, u16(bytes, 4));
  const answers = readRecords(reader, u16(bytes, 6), isUpdate, undefined);
  const authorities = readRecords(reader, u16(bytes, 8), isUpdate, undefined);
  const opt: OptSlot = { edns: undefined, rcode: 0 };
  const additionals = readRecords(reader, u16(bytes, 10), isUpdate, opt);
  if (reader.offset !== bytes.length) reader.fail('TRAILING_BYTES', 'bytes behind the message');
  return {
    id: u16(bytes, 0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: opcodeName((flags >>> 11) & 0xf),
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    isAuthenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: rcodeName(opt.rcode | (flags & 0xf)),
    questions,
    answers,
    authorities,
    additionals,
    edns: opt.edns,
  };
}

/** Reads the header of what may be no valid message: `undefined` for less than 12 bytes. Its `rcode` is the lower 4 bits alone. */
export function decodeHeader(bytes: Uint8Array): HeaderWithCounts | undefined {
  if (bytes.length < headerBytes) return undefined;
  const flags = u16(bytes, 2);
  return {
    id: u16(bytes, 0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: opcodeName((flags >>> 11) & 0xf),
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    isAuthenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: rcodeName(flags & 0xf),
    questionCount: u16(bytes, 4),
    answerCount: u16(bytes, 6),
    authorityCount: u16(bytes, 8),
    additionalCount: u16(bytes, 10),
  };
}

interface OptSlot {
  edns: Edns | undefined;
  /** The upper 8 bits of the response code, where they belong. */
  rcode: number;
}

function readQuestions(reader: WireReader, count: number): Question[] {
  if (count === 1) return [readQuestion(reader)];
  const questions: Question[] = [];
  for (let index = 0; index < count; index++) questions.push(readQuestion(reader));
  return questions;
}

function readQuestion(reader: WireReader): Question {
  const name = reader.name();
  const type = reader.u16();
  const recordClass = reader.u16();
  return { name, type: typeName(type), class: className(recordClass) };
}

/** @param opt where OPT may be: in the additional section. */
function readRecords(
  reader: WireReader,
  count: number,
  isUpdate: boolean,
  opt: OptSlot | undefined,
): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  // Nothing is reserved on the word of `count`: where there are fewer records, the reader finds the end.
  for (let index = 0; index < count; index++) {
    const at = reader.offset;
    const name = reader.name();
    reader.need(10);
    const { bytes, offset } = reader;
    const type = u16(bytes, offset);
    const recordClass = u16(bytes, offset + 2);
    const ttl = (u16(bytes, offset + 4) << 16) | u16(bytes, offset + 6);
    reader.offset = offset + 10;
    reader.enterData(u16(bytes, offset + 8));
    if (type !== optType) {
      records.push(readData(reader, name, type, recordClass, ttl < 0 ? 0 : ttl, isUpdate));
    } else {
      if (opt === undefined) return reader.fail('BAD_OPT', 'OPT outside the additional section', at);
      if (opt.edns !== undefined) reader.fail('BAD_OPT', 'a second OPT', at);
      if (name.byteLength !== 1) reader.fail('BAD_OPT', 'OPT with an owner', at);
      opt.edns = readOpt(reader, recordClass, ttl);
      opt.rcode = (ttl >>> 24) << 4;
    }
    reader.leaveData();
  }
  return records;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
