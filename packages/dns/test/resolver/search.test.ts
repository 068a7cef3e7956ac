import { describe, expect, it } from 'vitest';
import { Name } from '../../src/message/index.ts';
import { candidates } from '../../src/resolver/search.ts';

const search = ['example.com', 'lab.example.com'].map((suffix) => Name.parse(suffix));

describe('candidates', () => {
  it.each([
    ['www', 1, ['www.example.com.', 'www.lab.example.com.', 'www.']],
    ['www.host', 1, ['www.host.', 'www.host.example.com.', 'www.host.lab.example.com.']],
    ['www.host', 2, ['www.host.example.com.', 'www.host.lab.example.com.', 'www.host.']],
    ['www', 0, ['www.', 'www.example.com.', 'www.lab.example.com.']],
    ['www.', 1, ['www.']],
    ['www\\.', 1, ['www\\..example.com.', 'www\\..lab.example.com.', 'www\\..']],
    ['www\\\\.', 1, ['www\\\\.']],
    ['.', 1, ['.']],
  ])('of %j with ndots %i', (name, ndots, expected) => {
    expect(candidates(name, search, ndots).map(String)).toEqual(expected);
  });

  it('takes a Name as it is', () => {
    expect(candidates(Name.parse('www'), search, 1).map(String)).toEqual(['www.']);
  });

  it('asks once where a suffix is the root', () => {
    expect(candidates('www', [Name.root], 1).map(String)).toEqual(['www.']);
  });

  it('leaves out a suffix with which the name would be too long', () => {
    const label = 'a'.repeat(60);
    const name = `${label}.${label}.${label}.${label}`;
    expect(candidates(name, search, 1).map(String)).toEqual([`${name}.`]);
  });
});
