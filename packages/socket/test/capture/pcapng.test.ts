import { describe, expect, test } from 'vitest';
import {
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  linkTypeRaw,
  sectionHeaderBlock,
} from '../../src/capture/pcapng.ts';
import { blocksOf, optionsOf } from './pcapng-reader.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})(?!$)/g, '$1 ');
}

describe('blocks of pcapng (draft-ietf-opsawg-pcapng, section 4)', () => {
  test('a section header says the order of bytes, version 1.0 and no length', () => {
    expect(hex(sectionHeaderBlock())).toBe('0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000');
  });

  test('a section header says what wrote it, and has a comment', () => {
    expect(hex(sectionHeaderBlock({ comment: 'abcde', application: 'test' }))).toBe(
      '0a0d0d0a 34000000 4d3c2b1a 01000000 ffffffff ffffffff ' +
        '01000500 61626364 65000000 04000400 74657374 00000000 34000000',
    );
  });

  test('an interface has a link type, no limit, a name and times in nanoseconds', () => {
    expect(hex(interfaceDescriptionBlock({ linkType: linkTypeRaw, name: 'lo', comment: '!' }))).toBe(
      '01000000 30000000 65000000 00000000 01000100 21000000 02000200 6c6f0000 09000100 09000000 00000000 30000000',
    );
  });

  test('a packet has the upper half of its time first, and padding to four bytes', () => {
    const timestamp = 0x0102_0304_0506_0708n;
    const data = Uint8Array.of(1, 2, 3, 4, 5);
    expect(hex(enhancedPacketBlock({ interfaceId: 7, timestamp, data }))).toBe(
      '06000000 28000000 07000000 04030201 08070605 05000000 05000000 01020304 05000000 28000000',
    );
  });

  test('a packet may have a comment and say how many were lost before it', () => {
    const packet = enhancedPacketBlock({
      interfaceId: 0,
      timestamp: 0n,
      data: Uint8Array.of(1, 2, 3, 4),
      comment: 'é',
      dropped: 258,
    });
    expect(hex(packet)).toBe(
      '06000000 3c000000 00000000 00000000 00000000 04000000 04000000 01020304 ' +
        '01000200 c3a90000 04000800 02010000 00000000 00000000 3c000000',
    );
  });

  test('statistics say how many packets there were, and how many are missing', () => {
    const timestamp = 0x0000_0001_0000_0002n;
    expect(hex(interfaceStatisticsBlock({ interfaceId: 0, timestamp, received: 5, dropped: 3 }))).toBe(
      '05000000 34000000 00000000 01000000 02000000 ' +
        '04000800 05000000 00000000 05000800 03000000 00000000 00000000 34000000',
    );
  });

  test.each([0, 1, 2, 3, 4, 5, 65_535])('the lengths of a packet of %i bytes agree', (length) => {
    const data = new Uint8Array(length).fill(0xee);
    const [block] = blocksOf(enhancedPacketBlock({ interfaceId: 0, timestamp: 0n, data, comment: 'x' }));
    expect(block?.body.slice(20, 20 + length)).toEqual(data);
    const options = optionsOf(block!.body, (20 + length + 3) & ~3);
    expect([...options]).toEqual([[1, new TextEncoder().encode('x')]]);
  });

  test('a comment longer than an option is cut, at a character', () => {
    const cut = (comment: string): string => {
      const [block] = blocksOf(sectionHeaderBlock({ comment }));
      return new TextDecoder('utf-8', { fatal: true }).decode(optionsOf(block!.body, 16).get(1));
    };
    expect(cut('x'.repeat(65_535))).toBe('x'.repeat(65_535));
    expect(cut('x'.repeat(65_536))).toBe('x'.repeat(65_535));
    expect(cut(`${'x'.repeat(65_533)}€`)).toBe('x'.repeat(65_533));
    expect(cut(`${'x'.repeat(65_532)}€`)).toBe(`${'x'.repeat(65_532)}€`);
  });

  test('an empty text is no option', () => {
    expect(sectionHeaderBlock({ comment: '', application: '' })).toEqual(sectionHeaderBlock());
  });
});
