import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBase64, formatHex, parseBase64, parseHex } from '../../../src/records/presentation/binary.ts';
import { hex } from '../../bytes.ts';

describe('base 64', () => {
  it('agrees with Buffer, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(formatBase64(bytes)).toBe(text);
        expect(parseBase64(text)).toEqual(bytes);
      }),
    );
  });

  it('has one text for every value, and no other', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[AQw/+=9]{0,9}$/), (text) => {
        const bytes = parseBase64(text);
        expect(bytes === undefined || formatBase64(bytes) === text).toBe(true);
        const isCanonical = Buffer.from(text, 'base64').toString('base64') === text;
        expect(bytes !== undefined).toBe(isCanonical);
      }),
    );
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'AA=',
    'AA=A',
    '=AAA',
    'A===',
    '====',
    'AA==AA==',
    'AB==',
    'AAB=',
    'AA-_',
    'A A=',
  ])('refuses %j', (text) => {
    expect(parseBase64(text)).toBeUndefined();
  });
});

describe('base 16', () => {
  it('agrees with Buffer, both ways, and reads either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('hex');
        expect(formatHex(bytes)).toBe(text.toUpperCase());
        expect(parseHex(text)).toEqual(bytes);
        expect(parseHex(text.toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(['0', '0g', '0x', ' 0', '+1', '1.'])('refuses %j', (text) => {
    expect(parseHex(text)).toBeUndefined();
  });

  it('reads nothing as no bytes', () => {
    expect(parseHex('')).toEqual(hex(''));
  });
});
