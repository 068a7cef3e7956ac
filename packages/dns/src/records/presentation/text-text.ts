import type { CaaData, TxtData } from '../record.ts';
import { formatString } from './character-string.ts';
import type { RdataText } from './rdata-text.ts';
import { quote } from './zone-file-error.ts';

/** RFC 1035 3.3.14: one string or more. */
export const txtText: RdataText<TxtData> = {
  parse(fields) {
    const strings = [fields.string('a string')];
    while (!fields.isAtEnd) strings.push(fields.string('a string'));
    return { strings };
  },
  format: ({ strings }) => strings.map(formatString).join(' '),
};

/** RFC 8659 4.1.1: the value may be longer than 255 bytes, as its length is not written. */
export const caaText: RdataText<CaaData> = {
  parse(fields) {
    const flags = fields.u8('the flags');
    const tag = fields.word('a tag');
    if (!/^[A-Za-z\d]{1,255}$/.test(tag.text)) {
      fields.fail('BAD_RDATA', `expected a tag of letters and digits, found ${quote(tag.text)}`, tag);
    }
    return { flags, tag: tag.text, value: fields.bytesOf(fields.token('a value')) };
  },
  format: ({ flags, tag, value }) => `${String(flags)} ${tag} ${formatString(value)}`,
};
