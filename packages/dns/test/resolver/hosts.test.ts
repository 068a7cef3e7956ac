import { describe, expect, it } from 'vitest';
import { parseHosts } from '../../src/resolver/index.ts';

describe('parseHosts', () => {
  it('has the addresses of each name in the order of the file, case and final dot aside', () => {
    const text =
      '127.0.0.1\tLocalhost localhost.example.\n::1 localhost # IPv6\n127.0.0.1 localhost\r\nfe80::1%lo0 router';
    expect(Object.fromEntries(parseHosts(text))).toEqual({
      localhost: ['127.0.0.1', '::1'],
      'localhost.example': ['127.0.0.1'],
      router: ['fe80::1%lo0'],
    });
  });

  it('passes over lines without an address', () => {
    expect(parseHosts('\n# 192.0.2.1 a\nlocalhost 192.0.2.1\n192.0.2 b\n192.0.2.1\n').size).toBe(0);
  });
});
