import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsUsageError } from '../src/errors.ts';
import { Name } from '../src/name.ts';
import { hex } from './bytes.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const label = (length: number, byte = 0x61) => new Uint8Array(length).fill(byte);
const anyLabel = fc.uint8Array({ minLength: 1, maxLength: 63 });
const anyName = fc
  .array(fc.oneof(anyLabel, fc.uint8Array({ minLength: 1, maxLength: 3 })), { maxLength: 8 })
  .filter((labels) => labels.reduce((sum, { length }) => sum + 1 + length, 1) <= 255)
  .map((labels) => Name.fromLabels(labels));

describe('Name.parse', () => {
  it('reads labels, with the final dot or without', () => {
    expect(Name.parse('www.Example.com.').toBytes()).toEqual(hex('03 "www" 07 "Example" 03 "com" 00'));
    expect(Name.parse('www.Example.com').toBytes()).toEqual(hex('03 "www" 07 "Example" 03 "com" 00'));
  });

  it('reads "." as the root', () => {
    expect(Name.parse('.')).toBe(Name.root);
    expect(Name.root.toBytes()).toEqual(hex('00'));
  });

  it('reads escapes: a character as itself, three digits as a byte', () => {
    expect(Name.parse('a\\.b\\\\\\"c.\\000\\255\\097').toBytes()).toEqual(
      hex('06 "a.b" 5c 22 "c" 03 00 ff 61 00'),
    );
  });

  it.each([
    ['', 'an empty label'],
    ['..', 'an empty label'],
    ['.com', 'an empty label'],
    ['a..b', 'an empty label'],
    ['a.b..', 'an empty label'],
    [`${'a'.repeat(64)}.com`, '63 bytes'],
    [`com.${'a'.repeat(64)}`, '63 bytes'],
    ['a\\', 'ends in a backslash'],
    ['a\\256', 'a bad escape'],
    ['a\\25', 'a bad escape'],
    ['a\\2x5', 'a bad escape'],
    ['a\\2', 'a bad escape'],
    ['bücher.example', 'above U+007F'],
    ['\\ü.example', 'above U+007F'],
    ['a.\u{1f600}', 'above U+007F'],
    ['a\u0161', 'above U+007F'],
  ])('refuses %j: %s', (text, reason) => {
    expect(() => Name.parse(text)).toThrow(DnsUsageError);
    expect(() => Name.parse(text)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    expect(() => Name.parse(text)).toThrow(reason);
  });

  it('takes 255 bytes and refuses 256, final dot or not', () => {
    const long = `${'a'.repeat(63)}.`.repeat(3);
    expect(Name.parse(`${long}${'b'.repeat(61)}`).byteLength).toBe(255);
    expect(Name.parse(`${long}${'b'.repeat(61)}.`).byteLength).toBe(255);
    expect(() => Name.parse(`${long}${'b'.repeat(62)}`)).toThrow('more than 255 bytes');
    expect(() => Name.parse(`${long}${'b'.repeat(60)}.c.`)).toThrow('more than 255 bytes');
    expect(() => Name.parse(`${long}${'b'.repeat(61)}.c`)).toThrow('more than 255 bytes');
    expect(Name.parse('a.'.repeat(127)).labelCount).toBe(127);
    expect(() => Name.parse('a.'.repeat(128))).toThrow('more than 255 bytes');
    expect(() => Name.parse('a'.repeat(10_000))).toThrow('more than 255 bytes');
  });

  it('leaves earlier names alone when it refuses one', () => {
    const before = Name.parse('before.example');
    expect(() => Name.parse('overwritten..')).toThrow(DnsUsageError);
    const after = Name.parse('after.example');
    expect(before.toString()).toBe('before.example.');
    expect(after.toString()).toBe('after.example.');
  });
});

describe('Name.fromLabels', () => {
  it('takes any bytes', () => {
    const name = Name.fromLabels([hex('2e ff 00'), hex('61')]);
    expect(name.toString()).toBe('\\.\\255\\000.a.');
    expect(name.labels).toEqual([hex('2e ff 00'), hex('61')]);
  });

  it.each([
    ['an empty label', [label(0)]],
    ['a label of 64 bytes', [label(64)]],
    ['256 bytes', [label(63), label(63), label(63), label(62)]],
    ['128 labels', Array.from({ length: 128 }, () => label(1))],
  ])('refuses %s', (_, labels) => {
    expect(() => Name.fromLabels(labels)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });

  it('takes 255 bytes', () => {
    expect(Name.fromLabels([label(63), label(63), label(63), label(61)]).byteLength).toBe(255);
  });
});

describe('Name', () => {
  it('counts labels and bytes', () => {
    expect([Name.root.labelCount, Name.root.byteLength]).toEqual([0, 1]);
    const name = Name.parse('www.example.com');
    expect([name.labelCount, name.byteLength]).toEqual([3, 17]);
  });

  it('gives copies: what is done to them does not reach the name', () => {
    const name = Name.parse('example.com');
    name.labels[0]!.fill(0);
    name.toBytes().fill(0);
    expect(name.toString()).toBe('example.com.');
  });

  it('keeps case and compares without it, in ASCII only', () => {
    const upper = Name.parse('WWW.Example.COM');
    const lower = Name.parse('www.example.com');
    expect(upper.toString()).toBe('WWW.Example.COM.');
    expect(upper.equals(lower)).toBe(true);
    expect(upper.key).toBe(lower.key);
    expect(lower.key).toBe('\x03www\x07example\x03com\x00');
    expect(Name.fromLabels([hex('c4')]).equals(Name.fromLabels([hex('e4')]))).toBe(false);
    // '[' and '{' are as far apart as 'A' and 'a'.
    expect(Name.parse('a[').equals(Name.parse('a{'))).toBe(false);
    expect(Name.parse('a@').equals(Name.parse('a`'))).toBe(false);
  });

  it('is told apart by deep equality', () => {
    expect(Name.parse('a.example')).toEqual(Name.parse('a.example'));
    expect(Name.parse('a.example')).not.toEqual(Name.parse('b.example'));
    expect({ name: Name.parse('a.example') }).not.toEqual({ name: Name.parse('example') });
  });

  it('is within itself and what it ends with, label by label', () => {
    const name = Name.parse('www.Example.com');
    expect(
      ['www.example.com', 'EXAMPLE.com', 'com', '.'].map((text) => name.isWithin(Name.parse(text))),
    ).toEqual([true, true, true, true]);
    expect(
      ['ww.example.com', 'a.www.example.com', 'ample.com', 'org', 'www'].map((text) =>
        name.isWithin(Name.parse(text)),
      ),
    ).toEqual([false, false, false, false, false]);
  });

  it('is not within a name whose bytes only end alike inside a label', () => {
    const name = Name.fromLabels([hex('"a" 03 "com"')]);
    expect(name.toBytes()).toEqual(hex('05 "a" 03 "com" 00'));
    expect(name.isWithin(Name.parse('com'))).toBe(false);
    expect(Name.root.isWithin(name)).toBe(false);
  });

  it('has a parent, but the root', () => {
    expect(String(Name.parse('www.example.com').parent())).toBe('example.com.');
    expect(Name.parse('com').parent()?.equals(Name.root)).toBe(true);
    expect(Name.root.parent()).toBeUndefined();
  });

  it('has an ancestor for each count of labels, and no more', () => {
    const name = Name.parse('www.example.com');
    expect([0, 1, 2, 3].map((count) => name.ancestor(count).toString())).toEqual([
      '.',
      'com.',
      'example.com.',
      'www.example.com.',
    ]);
    expect(name.ancestor(3)).toBe(name);
    for (const count of [4, -1, Number.NaN]) {
      expect(() => name.ancestor(count)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });

  it('has children by text and by bytes', () => {
    const name = Name.parse('example.com');
    expect(name.child('*').toString()).toBe('*.example.com.');
    expect(name.child('a\\.b').toString()).toBe('a\\.b.example.com.');
    expect(name.child(hex('2e')).toString()).toBe('\\..example.com.');
    expect(Name.root.child('com').toString()).toBe('com.');
    for (const text of ['', '.', 'a.b']) {
      expect(() => name.child(text)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    }
    const long = Name.fromLabels([label(63), label(63), label(63), label(60)]);
    expect(() => long.child('a')).toThrow('more than 255 bytes');
  });

  it('sorts as RFC 4034 6.1 does', () => {
    const sorted = [
      'example',
      'a.example',
      'yljkjljk.a.example',
      'Z.a.example',
      'zABC.a.EXAMPLE',
      'z.example',
      '\\001.z.example',
      '*.z.example',
      '\\200.z.example',
    ].map((text) => Name.parse(text));
    expect([...sorted].reverse().sort((a, b) => a.compare(b))).toEqual(sorted);
    expect(Name.parse('A.b').compare(Name.parse('a.B'))).toBe(0);
    expect(Name.root.compare(Name.parse('a'))).toBeLessThan(0);
    expect(Name.parse('ab').compare(Name.parse('a'))).toBeGreaterThan(0);
  });

  it('writes what has a meaning in master files, and all that does not print, with an escape', () => {
    const name = Name.fromLabels([bytes('a.b"c$d@e(f)g;h\\i '), hex('00 7f ff 7e 21')]);
    expect(name.toString()).toBe('a\\.b\\"c\\$d\\@e\\(f\\)g\\;h\\\\i\\032.\\000\\127\\255~!.');
    expect(JSON.stringify({ name })).toBe(JSON.stringify({ name: name.toString() }));
    expect(Name.root.toString()).toBe('.');
  });

  it('is as it was after thousands of others', () => {
    const names = Array.from({ length: 2000 }, (_, index) => Name.parse(`host-${String(index)}.example.com`));
    names.forEach((name, index) => {
      expect(name.toString()).toBe(`host-${String(index)}.example.com.`);
    });
  });

  it('is whole, however long it is and wherever it comes to stand in memory', () => {
    const labels = (length: number) => {
      const list: Uint8Array[] = [];
      for (let left = length - 1; left > 0; left -= 64)
        list.push(label(Math.min(63, left - 1), 0x30 + (length % 10)));
      return list.filter((bytes) => bytes.length > 0);
    };
    const names = Array.from({ length: 600 }, (_, index) =>
      Name.fromLabels(labels(1 + ((index * 97) % 255))),
    );
    const again = names.map((name) => Name.parse(name.toString()));
    names.forEach((name, index) => {
      expect(name.labels).toEqual(labels(1 + ((index * 97) % 255)));
      expect(again[index]!.toBytes()).toEqual(name.toBytes());
    });
  });

  it('comes back from its text and from its labels', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(Name.parse(name.toString()).toBytes()).toEqual(name.toBytes());
        expect(Name.fromLabels(name.labels).toBytes()).toEqual(name.toBytes());
        expect(name.key).toHaveLength(name.byteLength);
      }),
    );
  });

  it('agrees with itself: equals, key, compare and isWithin', () => {
    const letters = fc.array(fc.constantFrom('a', 'A', 'b', 'ab', '*'), { maxLength: 4 });
    const small = letters.map((labels) => Name.fromLabels(labels.map(bytes)));
    fc.assert(
      fc.property(small, small, (one, other) => {
        const same = one.labels.map(String).join('|') === other.labels.map(String).join('|');
        if (same) expect(one.equals(other)).toBe(true);
        expect(one.equals(other)).toBe(one.key === other.key);
        expect(one.compare(other) === 0).toBe(one.equals(other));
        expect(Math.sign(one.compare(other)) + Math.sign(other.compare(one))).toBe(0);
        const tail = one.labelCount >= other.labelCount ? one.ancestor(other.labelCount) : undefined;
        expect(one.isWithin(other)).toBe(tail?.equals(other) ?? false);
      }),
    );
  });
});
