import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adler32, crc32, crc32c } from '../../src/codecs/index.ts';
import { hex, utf8 } from '../bytes.ts';

/** A bit at a time, as the definition has it. */
function bitwise(polynomial: number, bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The same bytes here and in Python. */
function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i + 7 * i) % 251);
}

const sums = [
  ['crc32', crc32, 0],
  ['crc32c', crc32c, 0],
  ['adler32', adler32, 1],
] as const;

describe.each(sums)('%s', (_, sum, ofNothing) => {
  test('of nothing is where it begins', () => {
    expect(sum(hex(''))).toBe(ofNothing);
    expect(sum(hex(''), 12_345)).toBe(12_345);
  });

  test('goes on from the sum of the bytes before, wherever they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
        expect(sum(bytes.subarray(at), sum(bytes.subarray(0, at)))).toBe(sum(bytes));
      }),
    );
  });
});

test('the sums of "123456789" and "Wikipedia" are those in the books', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  expect(crc32c(utf8('123456789'))).toBe(0xe3069283);
  expect(adler32(utf8('Wikipedia'))).toBe(0x11e60398);
});

describe('crc32c has the examples of RFC 3720 B.4', () => {
  const readCommand =
    '01 c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 14 00 00 00 00 00 04 00 ' +
    '00 00 00 14 00 00 00 18 28 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00';
  test.each([
    ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes that increment', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 bytes that decrement', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['an iSCSI SCSI Read (10) command PDU', hex(readCommand), 0xd9963a56],
  ])('%s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

test('both are what the definition gives, at every length from 0 to 70 and every alignment', () => {
  const bytes = sample(80);
  for (let from = 0; from < 9; from++) {
    for (let to = from; to <= from + 70; to++) {
      const part = bytes.subarray(from, to);
      expect(crc32(part)).toBe(bitwise(0xedb88320, part));
      expect(crc32c(part)).toBe(bitwise(0x82f63b78, part));
    }
  }
});

test("crc32 and adler32 are those of Python's zlib, also of a megabyte of 255", () => {
  const lengths = [0, 1, 7, 8, 9, 100, 3799, 3800, 3801, 5552, 65_521, 65_536, 1_000_003];
  const program = `
import json, zlib
def sample(n): return bytes((i * i + 7 * i) % 251 for i in range(n))
inputs = [sample(n) for n in ${JSON.stringify(lengths)}] + [b'\\xff' * 1048576]
print(json.dumps([[zlib.crc32(b), zlib.adler32(b)] for b in inputs]))
`;
  const printed = execFileSync('python3', ['-c', program], { encoding: 'utf8', timeout: 50_000 });
  const inputs = [...lengths.map(sample), new Uint8Array(1_048_576).fill(255)];
  expect(inputs.map((bytes) => [crc32(bytes), adler32(bytes)])).toEqual(JSON.parse(printed));
});
