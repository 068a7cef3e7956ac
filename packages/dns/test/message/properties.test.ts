import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsFormatError } from '../../src/errors.ts';
import { decode, decodeHeader } from '../../src/message/decode.ts';
import { encode, encodeInto } from '../../src/message/encode.ts';
import type { Message } from '../../src/message/message.ts';
import { Name } from '../../src/name.ts';
import { opcodeName, rcodeName, recordTypeName, typeName } from '../../src/records/codes.ts';
import type { RecordClass, ResourceRecord, ServiceParam } from '../../src/records/record.ts';
import { serviceKeyName, serviceValueFault } from '../../src/records/service-wire.ts';
import { formatIpv4, formatIpv6 } from '../../src/records/address.ts';
import { concat, hex } from '../bytes.ts';

const bytes = (minLength = 0, maxLength = 40) => fc.uint8Array({ minLength, maxLength });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);

/** Few labels, so that names share their ends; and any bytes. */
const label = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('a', 'B', 'www', 'example', 'Example', 'com')
      .map((text) => new TextEncoder().encode(text)),
  },
  { weight: 1, arbitrary: bytes(1, 63) },
);
const name = fc.array(label, { maxLength: 6 }).map((labels) => {
  while (labels.reduce((sum, { length }) => sum + 1 + length, 1) > 255) labels.pop();
  return Name.fromLabels(labels);
});

const params = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.integer({ min: 1, max: 9 }), u16), bytes(0, 16)), {
    selector: ([key]) => key,
    maxLength: 4,
  })
  .map((list): ServiceParam[] =>
    list
      .filter(([key, value]) => key > 0 && serviceValueFault(key, value) === undefined)
      .sort(([one], [other]) => one - other)
      .map(([key, value]) => ({ key: serviceKeyName(key), value })),
  );

const recordTypes = fc
  .uniqueArray(u16, { maxLength: 6 })
  .map((types) => types.sort((a, b) => a - b).map(recordTypeName));
const target = fc.record({ target: name });
const service = fc.record({ priority: u16, target: name, params });

const data: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  A: bytes(4, 4).map((address) => ({ address: formatIpv4(address, 0) })),
  AAAA: bytes(16, 16).map((address) => ({ address: formatIpv6(address, 0) })),
  NS: target,
  CNAME: target,
  PTR: target,
  DNAME: target,
  SOA: fc.record({
    mname: name,
    rname: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  MX: fc.record({ preference: u16, exchange: name }),
  TXT: fc.record({ strings: fc.array(bytes(0, 255), { minLength: 1, maxLength: 3 }) }),
  SRV: fc.record({ priority: u16, weight: u16, port: u16, target: name }),
  CAA: fc.record({ flags: u8, tag: fc.stringMatching(/^[a-z0-9]{1,15}$/), value: bytes() }),
  SVCB: service,
  HTTPS: service,
  DS: fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: bytes(1) }),
  DNSKEY: fc.record({ flags: u16, protocol: u8, algorithm: u8, publicKey: bytes(1) }),
  RRSIG: fc.record({
    typeCovered: u16.map(recordTypeName),
    algorithm: u8,
    labels: u8,
    originalTtl: u32,
    expiration: u32,
    inception: u32,
    keyTag: u16,
    signer: name,
    signature: bytes(1),
  }),
  NSEC: fc.record({ next: name, types: recordTypes }),
  TYPE65280: fc.record({ bytes: bytes() }),
  TYPE10: fc.record({ bytes: bytes() }),
};

const record = fc.constantFrom(...Object.keys(data)).chain((type) => {
  const internetOnly = ['A', 'AAAA', 'SRV', 'SVCB', 'HTTPS'].includes(type);
  const recordClass: fc.Arbitrary<RecordClass> = internetOnly
    ? fc.constant('IN')
    : fc.constantFrom('IN', 'CH', 'HS', 'CLASS42');
  return fc.record({
    name,
    type: fc.constant(type),
    class: recordClass,
    ttl: fc.nat(0x7fff_ffff),
    data: data[type]!,
  }) as fc.Arbitrary<ResourceRecord>;
});

const edns = fc.record(
  {
    udpPayloadSize: u16,
    version: u8,
    dnssecOk: fc.boolean(),
    reservedFlags: fc.integer({ min: 1, max: 0x7fff }),
    options: fc.array(fc.record({ code: u16, data: bytes() }), { maxLength: 3 }),
  },
  { requiredKeys: ['udpPayloadSize', 'version', 'dnssecOk', 'options'] },
);

const section = fc.array(record, { maxLength: 4 });
const message: fc.Arbitrary<Message> = fc
  .record({
    id: u16,
    isResponse: fc.boolean(),
    opcode: fc.nat(15).map(opcodeName),
    isAuthoritative: fc.boolean(),
    isTruncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    isAuthenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    rcode: fc.nat(0xfff),
    questions: fc.array(
      fc.record({
        name,
        type: u16.map(typeName),
        class: fc.constantFrom<RecordClass>('IN', 'ANY', 'CLASS0'),
      }),
      {
        maxLength: 2,
      },
    ),
    answers: section,
    authorities: section,
    additionals: section,
    edns: fc.option(edns, { nil: undefined }),
  })
  .map((parts) => ({
    ...parts,
    rcode: rcodeName(parts.edns === undefined ? parts.rcode & 15 : parts.rcode),
  }));

/** A value in which names stand without their case. */
function fold(value: unknown): unknown {
  if (value instanceof Name) return { key: value.key };
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(fold);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fold(item)]));
}

/** The message, or `undefined` where the bytes are none: whatever else goes wrong comes out. */
function decodeOrRefuse(input: Uint8Array): Message | undefined {
  try {
    return decode(input);
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(input.length);
    return undefined;
  }
}

describe('Any message', () => {
  it('comes back from its bytes, as it was without compression, but for case with it', () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(decode(encode(original, { compress: false }))).toEqual(original);
        const compressed = encode(original);
        expect(fold(decode(compressed))).toEqual(fold(original));
        expect(compressed.length).toBeLessThanOrEqual(encode(original, { compress: false }).length);
        expect(decodeHeader(compressed)).toMatchObject({
          id: original.id,
          answerCount: original.answers.length,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is TRUNCATED at every length', () => {
    fc.assert(
      fc.property(message, (original) => {
        const whole = encode(original);
        for (let length = 0; length < whole.length; length++) {
          expect(() => decode(whole.subarray(0, length))).toThrow(DnsFormatError);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is cut to any size without harm: a prefix of each section, never half an RRset', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 12, max: 600 }), (original, maxSize) => {
        const into = new Uint8Array(700).fill(0xaa);
        let length: number;
        try {
          length = encodeInto(original, into, { maxSize });
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOO_LARGE' });
          return;
        }
        expect(length).toBeLessThanOrEqual(maxSize);
        const cut = decode(into.subarray(0, length));
        expect(fold([cut.questions, cut.edns])).toEqual(fold([original.questions, original.edns]));
        for (const part of ['answers', 'authorities', 'additionals'] as const) {
          const kept = cut[part].length;
          expect(fold(cut[part])).toEqual(fold(original[part].slice(0, kept)));
          const rrset = ({ name, type, class: recordClass }: ResourceRecord) =>
            `${name.key} ${type} ${recordClass}`;
          const sets = new Set(cut[part].map(rrset));
          expect(original[part].slice(kept).some((left) => sets.has(rrset(left)))).toBe(false);
        }
        const lost =
          cut.answers.length < original.answers.length ||
          cut.authorities.length < original.authorities.length;
        if (lost || original.isTruncated) expect(cut.isTruncated).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('Any bytes', () => {
  function check(input: Uint8Array): boolean {
    const first = decodeOrRefuse(input);
    if (first === undefined) return false;
    expect(fold(decode(encode(first)))).toEqual(fold(first));
    expect(decode(encode(first, { compress: false }))).toEqual(first);
    return true;
  }

  it('are a message or a DnsFormatError', () => {
    fc.assert(
      fc.property(bytes(0, 300), (input) => void check(input)),
      { numRuns: 1000 },
    );
  });

  it('behind a header with small counts are, too, and what is read can be written', () => {
    const header = fc.tuple(u16, u16, fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2));
    fc.assert(
      fc.property(header, bytes(0, 120), (fields, rest) => {
        check(concat(Uint8Array.from(fields.flatMap((field) => [field >> 8, field & 0xff])), rest));
      }),
      { numRuns: 1000 },
    );
  });

  it('that were a message until some were changed, cut out or put in', () => {
    let read = 0;
    let refused = 0;
    const change = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: bytes(0, 3) });
    fc.assert(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 3 }), (original, changes) => {
        let input = encode(original);
        for (const { at, remove, insert } of changes) {
          const from = at % (input.length + 1);
          input = concat(input.subarray(0, from), insert, input.subarray(from + remove));
        }
        if (check(input)) read++;
        else refused++;
      }),
      { numRuns: 1000 },
    );
    // Both ways are taken.
    expect(read).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });

  it('of data of every type', () => {
    let read = 0;
    const types = [1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 43, 46, 47, 48, 64, 65, 257];
    const rdata = fc.array(
      fc.oneof(bytes(0, 6), fc.constantFrom(hex('c0 0c'), hex('01 "a" 00'), hex('00'))),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.constantFrom(1, 3, 254, 255),
        fc.constantFrom(0x80, 0xa8),
        rdata,
        (type, recordClass, flags, parts) => {
          const content = concat(...parts);
          const head = [0, 1, flags, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1, 0];
          const record = [type >> 8, type & 0xff, 0, recordClass, 0, 0, 0, 1, 0, content.length];
          if (check(concat(Uint8Array.from(head), Uint8Array.from(record), content))) read++;
        },
      ),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(300);
  });
});
