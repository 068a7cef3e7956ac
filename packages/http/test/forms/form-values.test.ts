import { describe, expect, it } from 'vitest';
import { FormValues } from '@wirestack/http/forms';

describe('FormValues', () => {
  const values = new FormValues([
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
    ['', '4'],
  ]);

  it('keeps the order, and what has one name', () => {
    expect([...values]).toEqual([
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
      ['', '4'],
    ]);
    expect([...values.entries()]).toEqual([...values]);
    expect(values.values()).toEqual(['1', '2', '3', '4']);
    expect(values.names()).toEqual(['b', 'a', '']);
    expect(values.length).toBe(4);
  });

  it('finds the first, and all', () => {
    expect(values.get('b')).toBe('1');
    expect(values.getAll('b')).toEqual(['1', '3']);
    expect(values.get('')).toBe('4');
    expect(values.get('c')).toBeUndefined();
    expect(values.getAll('c')).toEqual([]);
    expect([values.has('a'), values.has('A')]).toEqual([true, false]);
  });

  it('is not changed by what it gave away', () => {
    values.getAll('b').push('x');
    values.values().push('x');
    values.names().push('x');
    expect(values.getAll('b')).toEqual(['1', '3']);
    expect(values.names()).toHaveLength(3);
  });

  it('is not changed by what it was made of', () => {
    const pairs: [string, string][] = [['a', '1']];
    const made = new FormValues(pairs);
    pairs.push(['a', '2']);
    expect(made.getAll('a')).toEqual(['1']);
  });
});
