import { describe, expect, it } from 'vitest';
import { decode } from '../../src/message/decode.ts';
import { encode } from '../../src/message/encode.ts';
import type { Edns, Message } from '../../src/message/message.ts';
import { query } from '../../src/message/query.ts';
import { concat, expectFormatError, hex, u16 } from '../bytes.ts';

/** A message without question: the counts of the other sections, and their records. */
function sections(counts: readonly [number, number, number], ...records: readonly string[]): Uint8Array {
  return concat(u16(1, 0x8000, 0, ...counts), ...records.map(hex));
}

const opt = '00 00 29 04 d0 00 00 00 00 00 00';
const address = '00 00 01 00 01 00 00 00 00 00 04 c0 00 02 01';

function withEdns(edns: Edns, rcode: Message['rcode'] = 'NOERROR'): Message {
  return {
    ...query('.', 'A', { id: 1, recursionDesired: false }),
    questions: [],
    isResponse: true,
    rcode,
    edns,
  };
}

describe('EDNS', () => {
  it.each([
    [
      'nothing but a size',
      '00 00 29 02 00 00 00 00 00 00 00',
      { udpPayloadSize: 512, version: 0, dnssecOk: false, options: [] },
    ],
    [
      'DO',
      '00 00 29 10 00 00 00 80 00 00 00',
      { udpPayloadSize: 4096, version: 0, dnssecOk: true, options: [] },
    ],
    [
      'another version',
      '00 00 29 10 00 00 ff 80 00 00 00',
      { udpPayloadSize: 4096, version: 255, dnssecOk: true, options: [] },
    ],
    [
      'bits that mean nothing yet',
      '00 00 29 00 00 00 00 7f ff 00 00',
      { udpPayloadSize: 0, version: 0, dnssecOk: false, reservedFlags: 0x7fff, options: [] },
    ],
    [
      'options, some empty, some twice',
      '00 00 29 04 d0 00 00 00 00 00 0e 00 03 00 00 00 03 00 02 ff fe ff fe 00 00',
      {
        udpPayloadSize: 1232,
        version: 0,
        dnssecOk: false,
        options: [
          { code: 3, data: hex('') },
          { code: 3, data: hex('ff fe') },
          { code: 65_534, data: hex('') },
        ],
      },
    ],
  ])('says %s', (_, bytes, edns) => {
    const message = decode(sections([0, 0, 1], bytes));
    expect(message).toEqual(withEdns(edns));
    expect(message.additionals).toEqual([]);
    expect(encode(message)).toEqual(sections([0, 0, 1], bytes));
  });

  it('carries the upper bits of the response code', () => {
    const badVersion = concat(u16(1, 0x8000, 0, 0, 0, 1), hex('00 00 29 04 d0 01 00 00 00 00 00'));
    expect(decode(badVersion).rcode).toBe('BADVERS');
    expect(encode(decode(badVersion))).toEqual(badVersion);
    const highest = concat(u16(1, 0x800f, 0, 0, 0, 1), hex('00 00 29 04 d0 ff 00 00 00 00 00'));
    expect(decode(highest).rcode).toBe('RCODE4095');
    expect(encode(decode(highest))).toEqual(highest);
  });

  it('may stand before other additional records, and behind them', () => {
    const first = decode(sections([0, 0, 2], opt, address));
    const last = decode(sections([0, 0, 2], address, opt));
    expect(first).toEqual(last);
    expect(first.additionals).toHaveLength(1);
    expect(first.edns).toBeDefined();
  });

  it('is written before other additional records, of which TSIG must be the last', () => {
    expect(encode(decode(sections([0, 0, 2], address, opt)))).toEqual(sections([0, 0, 2], opt, address));
  });

  it.each([
    ['a second OPT', sections([0, 0, 2], opt, opt), 'BAD_OPT', 23],
    ['OPT among the answers', sections([1, 0, 0], opt), 'BAD_OPT', 12],
    ['OPT among the authorities', sections([0, 1, 0], opt), 'BAD_OPT', 12],
    ['OPT with an owner', sections([0, 0, 1], `01 "a" ${opt}`), 'BAD_OPT', 12],
    ['half an option', sections([0, 0, 1], '00 00 29 04 d0 00 00 00 00 00 03 00 0a 00'), 'BAD_OPT', 23],
    [
      'half an option before another record',
      sections([0, 0, 2], '00 00 29 04 d0 00 00 00 00 00 03 00 0a 00', address),
      'BAD_OPT',
      23,
    ],
    [
      'an option longer than OPT',
      sections([0, 0, 1], '00 00 29 04 d0 00 00 00 00 00 06 00 0a 00 03 01 02'),
      'BAD_OPT',
      25,
    ],
    [
      'a second option longer than OPT',
      sections([0, 0, 1], '00 00 29 04 d0 00 00 00 00 00 08 00 0a 00 00 00 0a ff ff'),
      'BAD_OPT',
      29,
    ],
    [
      'options longer than the message',
      sections([0, 0, 1], '00 00 29 04 d0 00 00 00 00 00 05 00 0a 00 00'),
      'TRUNCATED',
      21,
    ],
  ] as const)('refuses %s', (_, bytes, code, offset) => {
    expectFormatError(() => decode(bytes), code, offset);
  });

  it.each([
    ['a size of 17 bits', { udpPayloadSize: 65_536 }],
    ['a version of 9 bits', { version: 256 }],
    ['16 reserved bits', { reservedFlags: 0x8000 }],
    ['an option of 17 bits', { options: [{ code: 65_536, data: hex('') }] }],
    ['65,536 bytes of an option', { options: [{ code: 1, data: new Uint8Array(65_536) }] }],
    [
      'more options than a message holds',
      { options: [1, 2].map((code) => ({ code, data: new Uint8Array(40_000) })) },
    ],
  ])('cannot say %s', (_, edns) => {
    const whole: Edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [], ...edns };
    expect(() => encode(withEdns(whole))).toThrow(expect.objectContaining({ name: 'DnsUsageError' }));
  });
});
