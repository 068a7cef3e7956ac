import { describe, expect, it } from 'vitest';
import { decode } from '../../src/message/decode.ts';
import { concat, expectFormatError, hex, u16 } from '../bytes.ts';

/** A query whose question's name, at byte 12, is these bytes. */
function question(name: string): Uint8Array {
  return concat(hex('00 01 00 00 00 01 00 00 00 00 00 00'), hex(name), hex('00 01 00 01'));
}

/** A response with a question and answers: `questions`, name and type and class, then whole records. */
function response(name: Uint8Array, ...records: readonly Uint8Array[]): Uint8Array {
  return concat(u16(1, 0x8000, 1, records.length, 0, 0), name, u16(1, 1), ...records);
}

function record(owner: Uint8Array, type: number, rdata: Uint8Array): Uint8Array {
  return concat(owner, u16(type, 1, 0, 0, rdata.length), rdata);
}

const pointer = (offset: number) => u16(0xc000 | offset);
const label = (length: number) => concat(Uint8Array.of(length), new Uint8Array(length).fill(0x61));

describe('Names on the wire (RFC 9267)', () => {
  it.each([
    ['a pointer to itself', 'c0 0c', 12],
    ['a pointer to the name that it ends', '01 "a" c0 0c', 14],
    ['a pointer into its own label', '01 "a" c0 0d', 14],
    ['two pointers to each other', 'c0 0e c0 0c', 12],
    ['a pointer forward', 'c0 12', 12],
    ['a pointer behind the end', 'ff ff', 12],
    ['a pointer into the header', 'c0 0b', 12],
    ['a pointer to the id', 'c0 00', 12],
  ])('refuses %s', (_, name, offset) => {
    expectFormatError(() => decode(question(name)), 'BAD_POINTER', offset);
  });

  it('refuses a pointer that goes back, to one that does not', () => {
    // The second question points to 13, "c0 14" there, which goes forward.
    const bytes = concat(u16(1, 0, 2, 0, 0, 0), hex('02 c0 14 00'), u16(1, 1), hex('c0 0d'), u16(1, 1));
    expectFormatError(() => decode(bytes), 'BAD_POINTER', 13);
  });

  it('refuses a loop through a label', () => {
    // At 13 stands "01 61 c0 0d": a, and again.
    const bytes = concat(u16(1, 0, 2, 0, 0, 0), hex('04 01 61 c0 0d 00'), u16(1, 1), hex('c0 0d'), u16(1, 1));
    expectFormatError(() => decode(bytes), 'BAD_POINTER', 15);
  });

  it.each([
    ['01', '40', 12],
    ['01', '7f', 12],
    ['10', '80', 12],
    ['10', 'bf', 12],
    ['01, the bit string of RFC 2673', '01 "a" 41 01', 14],
  ])('refuses label type %s', (_, name, offset) => {
    expectFormatError(() => decode(question(name)), 'LABEL_TYPE', offset);
  });

  it('takes a label of 63 bytes', () => {
    const bytes = response(concat(label(63), hex('00')));
    expect(decode(bytes).questions[0]!.name.byteLength).toBe(65);
  });

  it('takes 255 bytes and refuses 256', () => {
    const long = concat(label(63), label(63), label(63));
    expect(decode(response(concat(long, label(61), hex('00')))).questions[0]!.name.byteLength).toBe(255);
    expectFormatError(() => decode(response(concat(long, label(62), hex('00')))), 'NAME_TOO_LONG', 12 + 192);
    expectFormatError(
      () => decode(response(concat(long, label(60), label(1), hex('00')))),
      'NAME_TOO_LONG',
      12 + 192 + 61,
    );
  });

  it('counts the bytes that pointers lead to', () => {
    const question = concat(label(63), label(63), label(63), hex('00'));
    const owner = (length: number) => concat(label(length), pointer(12));
    const found = decode(response(question, record(owner(61), 10, hex(''))));
    expect(found.answers[0]!.name.byteLength).toBe(255);
    // The third label of the question is the one too many.
    expectFormatError(
      () => decode(response(question, record(owner(62), 10, hex('')))),
      'NAME_TOO_LONG',
      12 + 128,
    );
  });

  it('follows 127 pointers and no more', () => {
    // A chain in the data of an unknown type: each points to the one before it, the first to the root behind the question's "a".
    const question = hex('01 "a" 00');
    const dataAt = 12 + 3 + 4 + 11;
    const chain = (links: number) =>
      concat(pointer(14), ...Array.from({ length: links - 1 }, (_, index) => pointer(dataAt + 2 * index)));
    const message = (links: number) =>
      response(
        question,
        record(hex('00'), 65_280, chain(links)),
        record(pointer(dataAt + 2 * (links - 1)), 10, hex('')),
      );
    // The owner is a pointer, too.
    expect(decode(message(126)).answers[1]!.name.toString()).toBe('.');
    // The 128th jump would be the chain's first link.
    expectFormatError(() => decode(message(127)), 'POINTER_LIMIT', dataAt);
    expectFormatError(() => decode(message(128)), 'POINTER_LIMIT', dataAt + 2);
  });

  it('follows as many whether the name was read before or not', () => {
    const question = hex('01 "a" 00');
    const dataAt = 12 + 3 + 4 + 11;
    const links = 126;
    const chain = concat(
      pointer(14),
      ...Array.from({ length: links - 1 }, (_, index) => pointer(dataAt + 2 * index)),
    );
    const ownerAt = dataAt + 2 * links;
    const message = (link: number) =>
      response(
        question,
        record(hex('00'), 65_280, chain),
        record(concat(hex('01 "b"'), pointer(dataAt + 2 * (link - 1))), 10, hex('')),
        record(pointer(ownerAt), 10, hex('')),
      );
    expect(decode(message(links - 1)).answers.map(({ name }) => String(name))).toEqual(['.', 'b.', 'b.']);
    // The second owner jumps 127 times, as often as may be; to point to it is one jump more.
    expectFormatError(() => decode(message(links)), 'POINTER_LIMIT', dataAt);
  });

  it('does little work for a chain of pointers through 16 KB, and for many names at its end', () => {
    const question = hex('01 "a" 00');
    const dataAt = 12 + 3 + 4 + 11;
    const links = 8000;
    const chain = concat(
      pointer(14),
      ...Array.from({ length: links - 1 }, (_, index) => pointer(dataAt + 2 * index)),
    );
    const owners = Array.from({ length: 1000 }, () => record(pointer(dataAt + 2 * 125), 10, hex('')));
    const honest = response(question, record(hex('00'), 65_280, chain), ...owners);
    const { reads, bytes } = counting(honest);
    expect(decode(bytes).answers).toHaveLength(1001);
    expect(reads()).toBeLessThan(1000 * (127 * 3 + 20));

    const greedy = response(
      question,
      record(hex('00'), 65_280, chain),
      record(pointer(dataAt + 2 * (links - 1)), 10, hex('')),
    );
    const counted = counting(greedy);
    expectFormatError(() => decode(counted.bytes), 'POINTER_LIMIT', dataAt + 2 * (links - 127));
    expect(counted.reads()).toBeLessThan(500);
  });
});

describe('Counts', () => {
  it.each([4, 6, 8, 10])('that lie (at byte %i) are found at the end, without memory for them', (at) => {
    const bytes = question('01 "a" 00');
    bytes.set(hex('00 00 00 00 00 00 00 00'), 4);
    bytes.set(hex('ff ff'), at);
    const { reads, bytes: counted } = counting(bytes.subarray(0, 12));
    expectFormatError(() => decode(counted), 'TRUNCATED', 12);
    expect(reads()).toBeLessThan(50);
  });

  it('of one question more than there are end at the end', () => {
    const bytes = question('01 "a" 00');
    bytes.set(hex('00 02'), 4);
    expectFormatError(() => decode(bytes), 'TRUNCATED', bytes.length);
  });

  it('of one question less leave bytes behind', () => {
    const bytes = question('01 "a" 00');
    bytes.set(hex('00 00'), 4);
    expectFormatError(() => decode(bytes), 'TRAILING_BYTES', 12);
  });

  it('of more than one question are read: to refuse them is up to who answers', () => {
    const bytes = concat(u16(1, 0, 2, 0, 0, 0), hex('01 "a" 00'), u16(1, 1), hex('c0 0c'), u16(28, 1));
    expect(decode(bytes).questions.map(({ type }) => type)).toEqual(['A', 'AAAA']);
  });
});

describe('RDLENGTH', () => {
  const owner = hex('00');

  it('beyond the message is TRUNCATED at itself', () => {
    const bytes = response(hex('00'), record(owner, 65_280, hex('01 02')));
    bytes.set(hex('00 03'), bytes.length - 4);
    expectFormatError(() => decode(bytes), 'TRUNCATED', bytes.length - 4);
    bytes.set(hex('ff ff'), bytes.length - 4);
    expectFormatError(() => decode(bytes), 'TRUNCATED', bytes.length - 4);
  });

  it('into the next record does not let data read it', () => {
    const two = response(hex('00'), record(owner, 2, hex('03 "ns1"')), record(owner, 65_280, hex('00')));
    const dataAt = 12 + 5 + 11;
    expectFormatError(() => decode(two), 'BAD_RDATA', dataAt + 4);
  });

  it.each([
    ['half a pointer', '01 "x" c0', '0c', 2],
    ['half a pointer alone', 'c0', '0c', 0],
    ['nothing', '', '00', 0],
  ])('of %s does not take the next byte for the rest', (_, rdata, next, offset) => {
    // With the byte behind, it would be a pointer to the question, or the root.
    const bytes = concat(response(hex('01 "a" 00'), record(owner, 2, hex(rdata))), hex(next));
    expectFormatError(() => decode(bytes), 'BAD_RDATA', 12 + 7 + 11 + offset);
  });

  it('shorter than a name that goes on behind it is BAD_RDATA', () => {
    const bytes = response(hex('00'), record(owner, 2, hex('03 "ns1" 00')));
    bytes.set(hex('00 03'), 12 + 5 + 9);
    expectFormatError(() => decode(bytes), 'BAD_RDATA', 12 + 5 + 11);
  });
});

/** The bytes, and how many of them were read so far. */
function counting(bytes: Uint8Array): { bytes: Uint8Array; reads: () => number } {
  let reads = 0;
  const counted = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key, target) as unknown;
    },
  });
  return { bytes: counted, reads: () => reads };
}
