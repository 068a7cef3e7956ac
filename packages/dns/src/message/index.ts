// `@wirestack/dns/message`: the codec of messages. Bytes in, values out; no I/O, no `node:*`: it runs in a browser.
//
//   message.ts      what a message is          query.ts       query(), respond()
//   decode.ts       bytes → message            encode.ts      message → bytes, names compressed, cut to a size
//   ../name.ts      domain names               ../records/    types, classes, data of records

export { decode, decodeHeader, type HeaderWithCounts } from './decode.ts';
export { encode, encodeInto, type EncodeOptions } from './encode.ts';
export type { Edns, EdnsOption, Header, Message, Question } from './message.ts';
export { query, respond, type QueryOptions } from './query.ts';
export { Name } from '../name.ts';
export { DnsFormatError, DnsUsageError, type DnsFormatErrorCode, type DnsUsageErrorCode } from '../errors.ts';
export {
  className,
  classNumber,
  opcodeName,
  opcodeNumber,
  rcodeName,
  rcodeNumber,
  typeName,
  typeNumber,
  type Opcode,
  type Rcode,
} from '../records/codes.ts';
export type * from '../records/record.ts';
