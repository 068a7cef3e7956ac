import { DnsUsageError } from '../errors.ts';
import type { RdataCodec } from './rdata-codec.ts';
import type { CaaData, TxtData } from './record.ts';

/** RFC 1035 3.3.14: at least one string. The strings are views of the message. */
export const txtWire: RdataCodec<TxtData> = {
  read(reader) {
    const strings = [reader.take(reader.u8())];
    while (reader.offset < reader.limit) strings.push(reader.take(reader.u8()));
    return { strings };
  },
  write(writer, { strings }) {
    if (strings.length === 0) throw new DnsUsageError('BAD_RECORD', 'TXT: no string; an empty one is one');
    for (const string of strings) {
      writer.u8(string.length, 'TXT: the length of a string');
      writer.append(string);
    }
  },
};

/** RFC 8659 4.1. */
export const caaWire: RdataCodec<CaaData> = {
  read(reader) {
    const flags = reader.u8();
    const length = reader.u8();
    reader.need(length);
    const at = reader.offset;
    const tag = String.fromCharCode(...reader.bytes.subarray(at, at + length));
    if (!tagPattern.test(tag)) reader.fail('BAD_RDATA', 'CAA: a tag that is not letters and digits');
    reader.offset = at + length;
    return { flags, tag, value: reader.rest() };
  },
  write(writer, { flags, tag, value }) {
    if (!tagPattern.test(tag) || tag.length > 255) {
      throw new DnsUsageError('BAD_RECORD', `CAA: ${JSON.stringify(tag)} is no tag of letters and digits`);
    }
    writer.u8(flags, 'CAA flags');
    writer.u8(tag.length, 'CAA: the length of the tag');
    for (let index = 0; index < tag.length; index++) writer.u8(tag.charCodeAt(index), 'CAA tag');
    writer.append(value);
  },
};

const tagPattern = /^[A-Za-z0-9]+$/;
