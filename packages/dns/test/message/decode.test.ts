import { describe, expect, it } from 'vitest';
import { decode, decodeHeader } from '../../src/message/decode.ts';
import { Name } from '../../src/name.ts';
import { concat, expectFormatError, hex, u16 } from '../bytes.ts';

const www = hex('03 "www" 07 "example" 03 "com" 00');

/** A query for www.example.com A with RD, as dig sends it: AD, and OPT with a cookie. */
const digQuery = concat(
  hex('6d 2b 01 20 00 01 00 00 00 00 00 01'),
  www,
  hex('00 01 00 01'),
  hex('00 00 29 04 d0 00 00 00 00 00 0c  00 0a 00 08 b5 4b 1d 0c 8c 5a f0 5e'),
);

/** A referral with glue: NS of example.com, compressed, and an address of each name server. */
const referral = concat(
  hex('00 02 80 00 00 01 00 00 00 02 00 03'),
  www, // at 12; example.com is at 16
  hex('00 01 00 01'),
  hex('c0 10 00 02 00 01 00 01 51 80 00 06 03 "ns1" c0 10'), // ns1 at 45
  hex('c0 10 00 02 00 01 00 01 51 80 00 06 03 "ns2" c0 10'), // ns2 at 63
  hex('c0 2d 00 01 00 01 00 01 51 80 00 04 c0 00 02 01'),
  hex('c0 3f 00 01 00 01 00 01 51 80 00 04 c0 00 02 02'),
  hex('c0 2d 00 1c 00 01 00 01 51 80 00 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01'),
);

describe('decode', () => {
  it('reads a query', () => {
    expect(decode(digQuery)).toEqual({
      id: 0x6d2b,
      isResponse: false,
      opcode: 'QUERY',
      isAuthoritative: false,
      isTruncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      isAuthenticData: true,
      checkingDisabled: false,
      rcode: 'NOERROR',
      questions: [{ name: Name.parse('www.example.com'), type: 'A', class: 'IN' }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: {
        udpPayloadSize: 1232,
        version: 0,
        dnssecOk: false,
        options: [{ code: 10, data: hex('b5 4b 1d 0c 8c 5a f0 5e') }],
      },
    });
  });

  it('reads compressed records', () => {
    const message = decode(referral);
    const ns = { name: Name.parse('example.com'), type: 'NS', class: 'IN', ttl: 86_400 };
    const address = { class: 'IN', ttl: 86_400 };
    expect(message.authorities).toEqual([
      { ...ns, data: { target: Name.parse('ns1.example.com') } },
      { ...ns, data: { target: Name.parse('ns2.example.com') } },
    ]);
    expect(message.additionals).toEqual([
      { ...address, name: Name.parse('ns1.example.com'), type: 'A', data: { address: '192.0.2.1' } },
      { ...address, name: Name.parse('ns2.example.com'), type: 'A', data: { address: '192.0.2.2' } },
      { ...address, name: Name.parse('ns1.example.com'), type: 'AAAA', data: { address: '2001:db8::1' } },
    ]);
  });

  it('gives a name that is only pointed to as the same object', () => {
    const { authorities, additionals } = decode(referral);
    const [ns1] = authorities;
    expect(ns1?.type === 'NS' && ns1.data.target === additionals[0]!.name).toBe(true);
    expect(additionals[2]!.name).toBe(additionals[0]!.name);
  });

  it.each([
    [0x8000, { isResponse: true }],
    [0x0400, { isAuthoritative: true }],
    [0x0200, { isTruncated: true }],
    [0x0100, { recursionDesired: true }],
    [0x0080, { recursionAvailable: true }],
    [0x0040, {}],
    [0x0020, { isAuthenticData: true }],
    [0x0010, { checkingDisabled: true }],
    [0x2800, { opcode: 'UPDATE' }],
    [0x2000, { opcode: 'NOTIFY' }],
    [0x7800, { opcode: 'OPCODE15' }],
    [0x0003, { rcode: 'NXDOMAIN' }],
    [0x000f, { rcode: 'RCODE15' }],
  ])('reads flags %i as %o', (flags, expected) => {
    const bytes = concat(u16(1, flags), new Uint8Array(8));
    const none = {
      isResponse: false,
      opcode: 'QUERY',
      isAuthoritative: false,
      isTruncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      isAuthenticData: false,
      checkingDisabled: false,
      rcode: 'NOERROR',
    };
    expect(decode(bytes)).toMatchObject({ ...none, ...expected });
    expect(decodeHeader(bytes)).toMatchObject({ ...none, ...expected });
  });

  it('takes a TTL with its top bit set as 0, and the highest without as it is', () => {
    const record = (ttl: string) =>
      concat(hex('00 01 80 00 00 00 00 01 00 00 00 00 00 00 01 00 01'), hex(ttl), hex('00 04 c0 00 02 01'));
    expect(decode(record('80 00 00 01')).answers[0]!.ttl).toBe(0);
    expect(decode(record('ff ff ff ff')).answers[0]!.ttl).toBe(0);
    expect(decode(record('7f ff ff ff')).answers[0]!.ttl).toBe(2_147_483_647);
  });

  it('reads a view into a larger buffer', () => {
    const buffer = concat(hex('ff ff ff'), digQuery, hex('ff ff'));
    expect(decode(buffer.subarray(3, -2))).toEqual(decode(digQuery));
  });

  it('leaves names as they are when the bytes change', () => {
    const bytes = referral.slice();
    const { questions, additionals } = decode(bytes);
    bytes.fill(0xff);
    expect(questions[0]!.name.toString()).toBe('www.example.com.');
    expect(additionals[1]!.name.toString()).toBe('ns2.example.com.');
  });

  it('keeps labels as the bytes they are: dots, zeros, 0xFF and case', () => {
    const bytes = concat(
      hex('00 01 00 00 00 01 00 00 00 00 00 00'),
      hex('05 "a.B" 00 ff 00'),
      hex('00 01 00 01'),
    );
    expect(decode(bytes).questions[0]!.name.labels).toEqual([hex('61 2e 42 00 ff')]);
    expect(decode(bytes).questions[0]!.name.toString()).toBe('a\\.B\\000\\255.');
  });

  it.each([
    ['a query', digQuery],
    ['a referral', referral],
    ['a header alone', hex('00 01 00 00 00 00 00 00 00 00 00 00')],
  ])('finds %s TRUNCATED at every length', (_, bytes) => {
    expect(() => decode(bytes)).not.toThrow();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ name: 'DnsFormatError', code: 'TRUNCATED' }),
      );
    }
  });

  it('refuses bytes behind the message', () => {
    expectFormatError(() => decode(concat(digQuery, hex('00'))), 'TRAILING_BYTES', digQuery.length);
    expectFormatError(() => decode(concat(referral, referral)), 'TRAILING_BYTES', referral.length);
  });
});

describe('decodeHeader', () => {
  it('reads what a broken message says of itself', () => {
    const bytes = concat(hex('ab cd 81 05 00 01 00 02 00 03 00 04'), hex('ff ff'));
    expect(decodeHeader(bytes)).toEqual({
      id: 0xabcd,
      isResponse: true,
      opcode: 'QUERY',
      isAuthoritative: false,
      isTruncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      isAuthenticData: false,
      checkingDisabled: false,
      rcode: 'REFUSED',
      questionCount: 1,
      answerCount: 2,
      authorityCount: 3,
      additionalCount: 4,
    });
  });

  it('has nothing to say of less than a header', () => {
    for (let length = 0; length < 12; length++) expect(decodeHeader(new Uint8Array(length))).toBeUndefined();
    expect(decodeHeader(new Uint8Array(12))).toBeDefined();
  });
});
