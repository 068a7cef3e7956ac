import { describe, expect, it } from 'vitest';
import { parseSeconds } from '../../../src/records/presentation/ttl.ts';

describe('parseSeconds', () => {
  it.each([
    ['0', 0],
    ['0003600', 3600],
    ['4294967295', 4_294_967_295],
    ['1s', 1],
    ['1h30m', 5400],
    ['1W2D3h4M5s', 604_800 + 172_800 + 10_800 + 240 + 5],
    ['30m1h', 5400],
    ['7101w', 7101 * 604_800],
  ])('reads %s', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each([
    '',
    '4294967296',
    '7102w',
    '99999999999',
    '99999999999s',
    '1h30',
    'h',
    '1y',
    '-1',
    '+1',
    '1.5h',
    '1 h',
    '١',
    '1hh',
  ])('refuses %j', (text) => {
    expect(parseSeconds(text)).toBeUndefined();
  });
});
