import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { htonl, htons, ntohl, ntohs } from '../../src/names/byte-order.ts';
import { answerOf, askPython } from './python-socket.ts';

const edges = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000];
const inputs = [...edges, 0xff00_0000, 0xffff_ffff, 0x1_0000_0000, -1, ...randomNumbers(3_000)];

describe('byte order', () => {
  test.each([
    ['htons', htons],
    ['ntohs', ntohs],
    ['htonl', htonl],
    ['ntohl', ntohl],
  ])('%s does what Python does, and refuses what Python refuses', async (name, convert) => {
    const expected = await askPython(`socket.${name}(x)`, inputs);
    expect(expected.filter((answer) => answer === null).length).toBeGreaterThan(1);
    expect(inputs.map((input) => answerOf(() => convert(input)))).toEqual(expected);
  });

  test('what is in the network order has its high byte first in memory', () => {
    expect([...new Uint8Array(Uint16Array.of(htons(0x0102)).buffer)]).toEqual([1, 2]);
    expect([...new Uint8Array(Uint32Array.of(htonl(0x0102_03fe)).buffer)]).toEqual([1, 2, 3, 0xfe]);
  });

  test('it exchanges bytes on a machine that keeps the low one first only', () => {
    expect(htons(0x0102)).toBe(endianness() === 'LE' ? 0x0201 : 0x0102);
  });

  test('what is no whole number in range is refused with BAD_ARGUMENT', () => {
    for (const value of [1.5, NaN, Infinity, -1, 0x1_0000]) {
      expect(() => htons(value)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
    for (const value of [0.1, NaN, -Infinity, -1, 2 ** 32]) {
      expect(() => ntohl(value)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });
});

/** Half of 16 bits, half of 32. */
function randomNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.floor(Math.random() * 2 ** (at % 2 === 0 ? 16 : 32)));
}
