import { recordTypeName, typeNumber } from '../codes.ts';
import type { DnskeyData, DsData, NsecData, RecordType, RrsigData } from '../record.ts';
import { formatBase64, formatHex } from './binary.ts';
import type { Fields } from './fields.ts';
import type { RdataText } from './rdata-text.ts';
import type { Token } from './scanner.ts';
import { typeNumberOf } from './type-name.ts';
import { quote } from './zone-file-error.ts';

/** RFC 4034 5.3. */
export const dsText: RdataText<DsData> = {
  parse: (fields) => ({
    keyTag: fields.u16('the key tag'),
    algorithm: parseAlgorithm(fields),
    digestType: fields.u8('the digest type'),
    digest: fields.hex('the digest'),
  }),
  format: ({ keyTag, algorithm, digestType, digest }) =>
    `${String(keyTag)} ${String(algorithm)} ${String(digestType)} ${formatHex(digest)}`,
};

/** RFC 4034 2.2. */
export const dnskeyText: RdataText<DnskeyData> = {
  parse: (fields) => ({
    flags: fields.u16('the flags'),
    protocol: fields.u8('the protocol'),
    algorithm: parseAlgorithm(fields),
    publicKey: fields.base64('the public key'),
  }),
  format: ({ flags, protocol, algorithm, publicKey }) =>
    `${String(flags)} ${String(protocol)} ${String(algorithm)} ${formatBase64(publicKey)}`,
};

/** RFC 4034 3.2. */
export const rrsigText: RdataText<RrsigData> = {
  parse: (fields) => ({
    typeCovered: parseType(fields, fields.word('the type covered')),
    algorithm: parseAlgorithm(fields),
    labels: fields.u8('the number of labels'),
    originalTtl: fields.u32('the original TTL'),
    expiration: parseTime(fields, 'the expiration'),
    inception: parseTime(fields, 'the inception'),
    keyTag: fields.u16('the key tag'),
    signer: fields.name("the signer's name"),
    signature: fields.base64('the signature'),
  }),
  format: (data) =>
    [
      data.typeCovered,
      data.algorithm,
      data.labels,
      data.originalTtl,
      formatTime(data.expiration),
      formatTime(data.inception),
      data.keyTag,
      data.signer.toString(),
      formatBase64(data.signature),
    ].join(' '),
};

/** RFC 4034 4.2. The types are put in the order of the bitmap. */
export const nsecText: RdataText<NsecData> = {
  parse(fields) {
    const next = fields.name('the next name');
    const numbers = new Set<number>();
    while (!fields.isAtEnd) numbers.add(typeNumber(parseType(fields, fields.word('a type'))));
    return { next, types: [...numbers].sort((one, other) => one - other).map(recordTypeName) };
  },
  format: ({ next, types }) => [next.toString(), ...types].join(' '),
};

function parseType(fields: Fields, token: Token): RecordType {
  const number = typeNumberOf(token.text);
  if (number !== undefined) return recordTypeName(number);
  return fields.fail('BAD_RDATA', `expected a type, found ${quote(token.text)}`, token);
}

/** The registry "DNS Security Algorithm Numbers", by its mnemonics; those of RFC 4034 A.1 first. */
const algorithms: ReadonlyMap<string, number> = new Map([
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['RSASHA1', 5],
  ['INDIRECT', 252],
  ['PRIVATEDNS', 253],
  ['PRIVATEOID', 254],
  ['DSA-NSEC3-SHA1', 6],
  ['RSASHA1-NSEC3-SHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECC-GOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
]);

/** A number or a mnemonic (RFC 4034 2.2). */
function parseAlgorithm(fields: Fields): number {
  const text = fields.peek()?.text ?? '';
  const number = algorithms.get(text.toUpperCase());
  if (number === undefined) return fields.u8('the algorithm');
  fields.word('the algorithm');
  return number;
}

/**
 * `YYYYMMDDHHmmSS` in UTC, or seconds since 1970 (RFC 4034 3.2). Dates before 1970 and after 2106 wrap around, as the field does: which
 * of the years that are 2^32 s apart is meant tells serial arithmetic (RFC 1982), and that needs a clock. BIND writes the nearest.
 */
function parseTime(fields: Fields, what: string): number {
  const text = fields.peek()?.text ?? '';
  if (text.length !== 14) return fields.u32(`${what} as YYYYMMDDHHmmSS or in seconds`);
  const token = fields.word(what);
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC takes 31 February as 3 March: such dates do not come back as they went in.
  if (dateDigits(time) !== text) {
    fields.fail('BAD_RDATA', `expected ${what} as YYYYMMDDHHmmSS, found ${quote(text)}`, token);
  }
  const seconds = (time / 1000) % 2 ** 32;
  return seconds < 0 ? seconds + 2 ** 32 : seconds;
}

function formatTime(seconds: number): string {
  return dateDigits(seconds * 1000);
}

function dateDigits(time: number): string {
  return new Date(time)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '');
}
