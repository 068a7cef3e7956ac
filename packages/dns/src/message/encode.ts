import { DnsUsageError } from '../errors.ts';
import { classNumber, opcodeNumber, rcodeNumber, typeNumber } from '../records/codes.ts';
import { writeRecord } from '../records/rdata-wire.ts';
import type { ResourceRecord } from '../records/record.ts';
import { WireWriter } from '../wire/writer.ts';
import { optSize, writeOpt } from './edns-wire.ts';
import type { Message } from './message.ts';
import { shorten } from './truncation.ts';

export interface EncodeOptions {
  /** Whether owner names, and names in the data of RFC 1035's types, are compressed. Default true. */
  readonly compress?: boolean;
  /**
   * The size at which a message is cut, bytes: 512 or what the client's OPT says over UDP, 65,535 over TCP. Default: it is not cut, and
   * one above 65,535 is an error, so that nothing is lost unseen where no server asked for it.
   */
  readonly maxSize?: number;
}

const maxMessageBytes = 0xffff;

/**
 * Writes a message. Names are compressed (RFC 1035 4.1.4) against all names before them in time linear in the names' length; case of
 * letters is not kept where an earlier name differs in nothing else.
 *
 * What does not fit `maxSize` is left out from the back, by whole RRsets (RFC 2181 5.1, 9): additional ones first, without a word, but
 * glue of a referral from inside the zone it leads to (RFC 9471); then authorities and answers, with TC set. The question and OPT stay.
 *
 * Messages up to 16 KB are views of a block of that size, which they share with others, as Node's small Buffers do: do not transfer its
 * `buffer`.
 *
 * @throws DnsUsageError `BAD_RECORD` for data that its type cannot carry; `BAD_MESSAGE` for flags and counts that no message can carry;
 * `BAD_ARGUMENT` for a name of a type, class, opcode or rcode that is none; `TOO_LARGE` above 65,535 bytes without `maxSize`,
 * or where question and OPT alone pass it.
 */
export function encode(message: Message, options: EncodeOptions = noOptions): Uint8Array {
  const { maxSize, compress = true } = options;
  const writer = idleWriter ?? new WireWriter();
  idleWriter = undefined;
  writer.begin(compress);
  writeFitting(writer, message, maxMessageBytes, maxSize);
  const bytes = writer.end();
  idleWriter = writer;
  return bytes;
}

/**
 * As {@link encode}, from the beginning of a buffer of the caller's: for a server that sends from one. Where `maxSize` is not given, the
 * message must fit the buffer; otherwise it is cut to fit both.
 *
 * @returns how many bytes it takes. What was in the buffer behind them is undefined.
 * @throws DnsUsageError as `encode`.
 */
export function encodeInto(message: Message, into: Uint8Array, options: EncodeOptions = noOptions): number {
  const { maxSize, compress = true } = options;
  const writer = idleInto ?? new WireWriter();
  idleInto = undefined;
  writer.beginIn(into, compress);
  writeFitting(writer, message, Math.min(into.length, maxMessageBytes), maxSize);
  const length = writer.endIn(into);
  idleInto = writer;
  return length;
}

const noOptions: EncodeOptions = {};
/**
 * A writer has 24 KB of tables, and the block that short messages share. It is taken while it writes, as a getter of a record may
 * encode something else; one that threw is dropped.
 */
let idleWriter: WireWriter | undefined;
let idleInto: WireWriter | undefined;

function writeFitting(writer: WireWriter, message: Message, room: number, maxSize: number | undefined): void {
  if (maxSize !== undefined && !(maxSize >= 12)) {
    throw new DnsUsageError('BAD_ARGUMENT', `maxSize is ${String(maxSize)}, expected 12 or more`);
  }
  const limit = maxSize === undefined ? room : Math.min(maxSize, room);
  let shorter = write(writer, message, limit);
  while (shorter !== undefined) {
    if (maxSize === undefined) throw tooLarge(limit);
    writer.restart();
    shorter = write(writer, shorter, limit);
  }
}

/** Writes the message; where `limit` does not let it, answers what might be written instead. */
function write(writer: WireWriter, message: Message, limit: number): Message | undefined {
  const { answers, authorities, additionals, edns } = message;
  const rcode = writeHeader(writer, message);
  for (const { name, type, class: questionClass } of message.questions) {
    writer.name(name);
    writer.u16(typeNumber(type), 'question type');
    writer.u16(classNumber(questionClass), 'question class');
  }
  const isUpdate = message.opcode === 'UPDATE';
  const beforeOpt = edns === undefined ? limit : limit - optSize(edns);
  if (writer.length > beforeOpt) throw tooLarge(limit);
  const answered = writeRecords(writer, answers, isUpdate, beforeOpt);
  if (answered < answers.length) return shorten(message, 'answers', answered);
  const authorised = writeRecords(writer, authorities, isUpdate, beforeOpt);
  if (authorised < authorities.length) return shorten(message, 'authorities', authorised);
  // OPT may stand anywhere among the additional records (RFC 6891 6.1.1). TSIG, one of them, must be the last (RFC 8945 5.1).
  if (edns !== undefined) writeOpt(writer, edns, rcode);
  const added = writeRecords(writer, additionals, isUpdate, limit);
  if (added < additionals.length) return shorten(message, 'additionals', added);
  return undefined;
}

function writeHeader(writer: WireWriter, message: Message): number {
  const { id, questions, answers, authorities, additionals, edns } = message;
  const rcode = message.rcode === 'NOERROR' ? 0 : rcodeNumber(message.rcode);
  const opcode = message.opcode === 'QUERY' ? 0 : opcodeNumber(message.opcode);
  if ((id & 0xffff) !== id) throw badMessage(`an id of ${String(id)}`);
  if (rcode > 15 && edns === undefined)
    throw badMessage(`${message.rcode} without EDNS, which carries its upper bits`);
  const flags =
    (message.isResponse ? 0x8000 : 0) |
    (opcode << 11) |
    (message.isAuthoritative ? 0x0400 : 0) |
    (message.isTruncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.isAuthenticData ? 0x0020 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (rcode & 0xf);
  writer.header(
    id,
    flags,
    count(questions),
    count(answers),
    count(authorities),
    count(additionals, edns === undefined ? 0 : 1),
  );
  return rcode;
}

/** Writes records as long as they end before `limit`, and answers how many do. */
function writeRecords(
  writer: WireWriter,
  records: readonly ResourceRecord[],
  isUpdate: boolean,
  limit: number,
): number {
  for (let index = 0; index < records.length; index++) {
    writeRecord(writer, records[index] as ResourceRecord, isUpdate);
    if (writer.length > limit) return index;
  }
  return records.length;
}

function count(section: readonly unknown[], more: number = 0): number {
  const length = section.length + more;
  if (length > 0xffff) throw badMessage(`${String(length)} entries in a section`);
  return length;
}

function badMessage(fault: string): DnsUsageError {
  return new DnsUsageError('BAD_MESSAGE', `a message with ${fault}`);
}

function tooLarge(limit: number): DnsUsageError {
  return new DnsUsageError('TOO_LARGE', `a message of more than ${String(limit)} bytes`);
}
