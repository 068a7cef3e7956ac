import { describe, expect, it } from 'vitest';
import { byteCount, duration, messageOf, shown } from '../src/messages.ts';

describe('messages', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1500, '1.5 kB'],
    [99_949, '99.9 kB'],
    [100_000, '100 kB'],
    [999_949, '1000 kB'],
    [999_950, '1.0 MB'],
    [1e6, '1.0 MB'],
    [5e9, '5.0 GB'],
    [1e18, '1000 PB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(byteCount(bytes)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [5.4, '0:05'],
    [65, '1:05'],
    [3600, '1:00:00'],
    [7384, '2:03:04'],
    [-1, '0:00'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('what a terminal would obey is escaped, and other text is not', () => {
    expect(shown('a\x1b[2Jb\u009b1m\x7f\r\n')).toBe(String.raw`a\x1b[2Jb\x9b1m\x7f\x0d\x0a`);
    expect(shown('Straße 世界 🌍 "quoted"')).toBe('Straße 世界 🌍 "quoted"');
  });

  it('causes are told where they say more', () => {
    expect(messageOf(new Error('a', { cause: new Error('b') }))).toBe('a: b');
    expect(messageOf(new Error('a: b', { cause: new Error('b') }))).toBe('a: b');
    expect(messageOf('text')).toBe('text');
  });
});
