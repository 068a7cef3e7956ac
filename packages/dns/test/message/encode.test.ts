import { describe, expect, it } from 'vitest';
import { decode } from '../../src/message/decode.ts';
import { encode, encodeInto } from '../../src/message/encode.ts';
import type { Message } from '../../src/message/message.ts';
import { query, respond } from '../../src/message/query.ts';
import { Name } from '../../src/name.ts';
import type { ResourceRecord } from '../../src/records/record.ts';
import { concat, hex, u16 } from '../bytes.ts';

const name = (text: string) => Name.parse(text);

function record(owner: string | Name, type: string, data: unknown): ResourceRecord {
  return { name: Name.from(owner), type, class: 'IN', ttl: 60, data } as ResourceRecord;
}
const a = (owner: string | Name) => record(owner, 'A', { address: '192.0.2.1' });
const filler = (length: number) => record('.', 'TYPE65280', { bytes: new Uint8Array(length) });

function response(question: string, parts: Partial<Message>): Message {
  return respond(query(question, 'A', { id: 1, edns: undefined, recursionDesired: false }), parts);
}

describe('encode', () => {
  it('writes a query', () => {
    const message = query('www.example.com', 'A', { id: 0x1234, checkingDisabled: true });
    expect(encode(message)).toEqual(
      hex(
        '12 34 01 10 00 01 00 00 00 00 00 01  03 "www" 07 "example" 03 "com" 00 00 01 00 01  00 00 29 04 d0 00 00 00 00 00 00',
      ),
    );
  });

  it('writes every flag and code where decode reads it', () => {
    for (const flags of [
      0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010, 0x2800, 0x7800, 0x0003, 0x000f, 0xffbf,
    ]) {
      const bytes = concat(u16(1, flags), new Uint8Array(8));
      expect(encode(decode(bytes))).toEqual(bytes);
    }
  });

  it('compresses a referral with glue as every server does', () => {
    const targets = ['ns1.example.com', 'ns2.example.com'];
    const message = response('www.example.com', {
      authorities: targets.map((target) => record('example.com', 'NS', { target: name(target) })),
      additionals: targets.map((target) => a(target)),
    });
    expect(encode(message)).toEqual(
      concat(
        hex('00 01 80 00 00 01 00 00 00 02 00 02 03 "www" 07 "example" 03 "com" 00 00 01 00 01'),
        hex('c0 10 00 02 00 01 00 00 00 3c 00 06 03 "ns1" c0 10'),
        hex('c0 10 00 02 00 01 00 00 00 3c 00 06 03 "ns2" c0 10'),
        hex('c0 2d 00 01 00 01 00 00 00 3c 00 04 c0 00 02 01'),
        hex('c0 3f 00 01 00 01 00 00 00 3c 00 04 c0 00 02 01'),
      ),
    );
    expect(decode(encode(message))).toEqual(message);
  });

  it('does without on request', () => {
    const message = response('a.example', { answers: [a('a.example')] });
    expect(encode(message, { compress: false })).toEqual(
      hex(
        '00 01 80 00 00 01 00 01 00 00 00 00  01 "a" 07 "example" 00 00 01 00 01  01 "a" 07 "example" 00 00 01 00 01 00 00 00 3c 00 04 c0 00 02 01',
      ),
    );
  });

  it('compresses without regard to case, in ASCII only', () => {
    const mixed = response('a.Example', { answers: [a('b.eXAMPLE')] });
    expect(encode(mixed).subarray(27)).toEqual(hex('01 "b" c0 0e 00 01 00 01 00 00 00 3c 00 04 c0 00 02 01'));
    const other = {
      ...mixed,
      questions: [{ ...mixed.questions[0]!, name: Name.fromLabels([hex('c4')]) }],
      answers: [a(Name.fromLabels([hex('e4')]))],
    };
    expect(decode(encode(other)).answers[0]!.name.labels).toEqual([hex('e4')]);
  });

  it('tells labels apart that look like several', () => {
    const whole = Name.fromLabels([hex('"a" 03 "com"')]);
    const message = response('b.com', {
      answers: [a(whole), a('a.com'), a(Name.fromLabels([hex('"b" 03 "com"')]))],
    });
    expect(decode(encode(message))).toEqual(message);
  });

  it.each([
    ['SRV', { priority: 0, weight: 0, port: 1, target: name('a.example') }],
    ['DNAME', { target: name('a.example') }],
    ['NSEC', { next: name('a.example'), types: ['A'] }],
    ['SVCB', { priority: 1, target: name('a.example'), params: [] }],
    [
      'RRSIG',
      {
        typeCovered: 'A',
        algorithm: 8,
        labels: 2,
        originalTtl: 60,
        expiration: 0,
        inception: 0,
        keyTag: 0,
        signer: name('a.example'),
        signature: hex('01'),
      },
    ],
  ])('leaves the name in %s alone, and points to it from nowhere', (type, data) => {
    const inside = encode(response('a.example', { answers: [record('a.example', type, data)] }));
    expect(indexOf(inside.subarray(13), name('a.example').toBytes())).toBeGreaterThan(0);
    const outside = encode(response('.', { answers: [record('.', type, data), a('a.example')] }));
    expect(
      indexOf(
        outside.subarray(indexOf(outside, name('a.example').toBytes()) + 1),
        name('a.example').toBytes(),
      ),
    ).toBeGreaterThan(0);
  });

  it.each(['the first name', 'another name'])('points to %s where 14 bits reach, and not behind', (which) => {
    for (const [at, pointed] of [
      [0x3fff, true],
      [0x4000, false],
    ] as const) {
      // The header, the question, and a filler record up to byte `at`.
      const question = which === 'the first name' ? '.' : 'a.example';
      const start = 12 + name(question).byteLength + 4 + 11;
      const message = response(question, { answers: [filler(at - start), a('b.test'), a('b.test')] });
      const bytes = encode(message);
      expect(bytes.subarray(at, at + 8)).toEqual(name('b.test').toBytes());
      expect(bytes.length - at).toBe(8 + 14 + (pointed ? 2 : 8) + 14);
      expect(decode(bytes)).toEqual(message);
    }
  });

  it('compresses against the first names of very many, and stays right', () => {
    const owners = Array.from({ length: 2300 }, (_, index) => `host${String(index)}.example`);
    const message = response('example', {
      answers: [...owners, ...owners.slice(0, 100)].map((owner) => a(owner)),
    });
    const bytes = encode(message);
    expect(decode(bytes)).toEqual(message);
    // The hundred that come again are pointers.
    expect(
      bytes
        .subarray(-100 * 16)
        .filter((_, index) => index % 16 === 0)
        .every((byte) => byte >= 0xc0),
    ).toBe(true);
  });

  it('does not change what it gave before, however much follows', () => {
    const messages = Array.from({ length: 2000 }, (_, index) =>
      response(`host${String(index)}.example`, { answers: [a(`host${String(index)}.example`)] }),
    );
    const encoded = messages.map((message) => encode(message));
    encoded.forEach((bytes, index) => {
      expect(bytes).toHaveLength(12 + messages[index]!.questions[0]!.name.byteLength + 4 + 16);
      expect(decode(bytes).questions[0]!.name.toString()).toBe(`host${String(index)}.example.`);
    });
  });

  it('gives a large message in bytes of its own', () => {
    const bytes = encode(response('example', { answers: [filler(20_000)] }));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
    const after = encode(response('example', {}));
    expect(decode(after).questions[0]!.name.toString()).toBe('example.');
    expect(decode(bytes).answers).toHaveLength(1);
  });

  it('keeps no large buffer for a small message, though more was written before it was cut', () => {
    for (const message of [response('example', { answers: [filler(60_000)] }), response('a.example', {})]) {
      const bytes = encode(message, { maxSize: 512 });
      expect(bytes.length).toBeLessThan(50);
      expect(bytes.buffer.byteLength).toBeLessThanOrEqual(16_384);
    }
  });

  it('goes on where a block was transferred away with a message', () => {
    const bytes = encode(response('example', {}));
    structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
    expect(decode(encode(response('a.example', {}))).questions[0]!.name.toString()).toBe('a.example.');
  });

  it('may be called while it is at work', () => {
    const inner = response('inner.example', { answers: [a('inner.example')] });
    let between: Uint8Array | undefined;
    const nosy = {
      ...a('outer.example'),
      get data() {
        between = encode(inner);
        return { address: '192.0.2.9' };
      },
    } as ResourceRecord;
    const outer = decode(encode(response('outer.example', { answers: [nosy, a('inner.example')] })));
    expect(outer.answers.map((answer) => String(answer.name))).toEqual(['outer.example.', 'inner.example.']);
    expect(decode(between!)).toEqual(inner);
  });

  it('forgets what it was writing when it fails', () => {
    const bad = response('a.example', {
      answers: [a('b.example'), record('c.example', 'A', { address: 'x' })],
    });
    expect(() => encode(bad)).toThrow(expect.objectContaining({ code: 'BAD_RECORD' }));
    const good = response('c.example', { answers: [a('b.example')] });
    expect(decode(encode(good))).toEqual(good);
  });

  it.each([
    ['an id of 17 bits', { id: 65_536 }],
    ['an id that is none', { id: Number.NaN }],
    ['an rcode above 15 without EDNS', { rcode: 'BADVERS' }],
    ['65,536 records', { answers: new Array<ResourceRecord>(65_536).fill(a('.')) }],
  ] as const)('refuses %s', (_, parts) => {
    const message = { ...response('.', {}), ...parts };
    expect(() => encode(message)).toThrow(
      expect.objectContaining({ name: 'DnsUsageError', code: 'BAD_MESSAGE' }),
    );
  });

  it('refuses a question of no type', () => {
    const message = query('.', 'BOGUS' as 'A', { id: 1 });
    expect(() => encode(message)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('takes 65,535 bytes, and one more is TOO_LARGE where no size was given', () => {
    const around = 12 + 5 + 11;
    expect(encode(response('.', { answers: [filler(65_535 - around)] }))).toHaveLength(65_535);
    expect(() => encode(response('.', { answers: [filler(65_536 - around)] }))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });
});

describe('encodeInto', () => {
  const message = response('www.example', {
    answers: [a('www.example')],
    additionals: [a('b.example'), a('c.example')],
  });

  it('writes what encode gives, from the beginning', () => {
    const into = new Uint8Array(512).fill(0xee);
    const length = encodeInto(message, into);
    expect(into.subarray(0, length)).toEqual(encode(message));
    expect(into.subarray(length).every((byte) => byte === 0xee)).toBe(true);
  });

  it('writes into a view, and not around it', () => {
    const buffer = new Uint8Array(200).fill(0xee);
    const length = encodeInto(message, buffer.subarray(50, 150));
    expect(buffer.subarray(50, 50 + length)).toEqual(encode(message));
    expect([...buffer.subarray(0, 50), ...buffer.subarray(150)].every((byte) => byte === 0xee)).toBe(true);
  });

  it('needs no more room than the message', () => {
    const exact = encode(message).length;
    expect(encodeInto(message, new Uint8Array(exact))).toBe(exact);
    expect(() => encodeInto(message, new Uint8Array(exact - 1))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(() => encodeInto(message, new Uint8Array(5))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  it('cuts to the buffer where it may cut', () => {
    const exact = encode(message).length;
    const into = new Uint8Array(exact - 1);
    const length = encodeInto(message, into, { maxSize: 512 });
    expect(decode(into.subarray(0, length)).additionals).toHaveLength(1);
    expect(into.subarray(0, length)).toEqual(encode(message, { maxSize: exact - 1 }));
  });

  it('leaves the buffer alone afterwards', () => {
    const into = new Uint8Array(512);
    encodeInto(message, into);
    const before = into.slice();
    encode(message);
    encodeInto(message, new Uint8Array(512));
    expect(into).toEqual(before);
  });
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
