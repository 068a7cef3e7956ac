import { describe, expect, it } from 'vitest';
import { decode } from '../../src/message/decode.ts';
import { encode } from '../../src/message/encode.ts';
import { query, respond } from '../../src/message/query.ts';
import { Name } from '../../src/name.ts';
import { NameTable } from '../../src/wire/name-table.ts';

/** Enters names as a writer does, into a message of their own, and counts the bytes of it that are read. */
function fill(names: readonly Name[]): { table: NameTable; reads: number[]; length: number } {
  const table = new NameTable();
  const message = new Uint8Array(0x4000);
  let read = 0;
  const counted = new Proxy(message, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) read++;
      return Reflect.get(target, key, target) as unknown;
    },
  });
  const reads: number[] = [];
  let at = 0;
  for (const name of names) {
    read = 0;
    table.find(name, counted, 0);
    reads.push(read);
    table.add(at);
    message.set(name.toBytes().subarray(0, table.prefixLength), at);
    at += table.prefixLength;
    if (table.target < 0) continue;
    message[at++] = 0xc0 | (table.target >> 8);
    message[at++] = table.target & 0xff;
  }
  return { table, reads, length: at };
}

/** Labels of 6 characters that the table's hash (FNV-1a from the end of the name) cannot tell apart, each list on top of the one before. */
function collidingLabels(depth: number): [string, string][] {
  const pairs: [string, string][] = [];
  let state = 0x811c9dc5 | 0;
  for (let level = 0; level < depth; level++) {
    const seen = new Map<number, string>();
    for (let index = 0; ; index++) {
      const label = index.toString(36).padStart(6, '-');
      let hash = Math.imul(state ^ 6, 0x01000193);
      for (let at = 0; at < 6; at++) hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193);
      const before = seen.get(hash);
      if (before !== undefined) {
        pairs.push([before, label]);
        state = hash;
        break;
      }
      seen.set(hash, label);
    }
  }
  return pairs;
}

describe('NameTable', () => {
  it('finds the longest end that a name shares with one before', () => {
    const { table } = fill(
      ['www.example.com', 'mail.example.com', 'a.b.MAIL.example.com'].map((text) => Name.parse(text)),
    );
    // a.b | mail.example.com at 17
    expect([table.prefixLength, table.target]).toEqual([4, 17]);
    table.clear();
    expect(table.isEmpty).toBe(true);
    table.find(Name.parse('www.example.com'), new Uint8Array(64), 0);
    expect([table.prefixLength, table.target]).toEqual([17, -1]);
  });

  it('reads of the message only what it compares: honest names', () => {
    const names = Array.from({ length: 600 }, (_, index) =>
      Name.parse(`host-${String(index)}.department.example.com`),
    );
    const { reads } = fill(names);
    // "department.example.com" behind at most one pointer.
    expect(Math.max(...reads)).toBeLessThan(40);
  });

  it('reads no more of stairs of 127 labels, each a pointer', () => {
    const names = Array.from({ length: 127 }, (_, index) => Name.parse('a.'.repeat(index + 1)));
    const { reads } = fill([...names, ...names]);
    // Each of 127 labels: its length and byte, and a pointer of two bytes.
    expect(Math.max(...reads)).toBeLessThan(127 * 6);
  });

  it('gives up on a name that was made to collide, after one comparison', () => {
    const pairs = collidingLabels(5);
    const names = Array.from({ length: 32 }, (_, choice) =>
      Name.parse(
        [...pairs]
          .map((pair, level) => pair[(choice >> level) & 1])
          .reverse()
          .join('.'),
      ),
    );
    const { reads, length, table } = fill(names);
    expect(Math.max(...reads)).toBeLessThan(3 * 36);
    // They do collide: of the last, whose every end but the whole stands there, nothing was found.
    expect(table.target).toBe(-1);
    expect(length).toBeGreaterThan(names.length * 20);

    const message = respond(query('.', 'A', { id: 1 }), {
      answers: names.map((name) => ({
        name,
        type: 'TYPE10',
        class: 'IN',
        ttl: 0,
        data: { bytes: new Uint8Array(0) },
      })),
    });
    expect(decode(encode(message))).toEqual(message);
  });

  it('compares once, too, where names differ only at the end that all their labels share', () => {
    const [one, other] = collidingLabels(1)[0]!;
    const long = (last: string) => Name.parse(`${'a.'.repeat(120)}${last}`);
    const { reads, table } = fill([long(one), long(other)]);
    expect(table.target).toBe(-1);
    expect(reads[1]).toBeGreaterThan(240);
    expect(reads[1]).toBeLessThan(2 * 255);
  });

  it('is as good after it was cleared', () => {
    const names = Array.from({ length: 3000 }, (_, index) => Name.parse(index.toString(36)));
    const message = new Uint8Array(0x4000);
    const { table } = fill(names);
    const fresh = new NameTable();
    table.clear();
    const found = [fresh, table].map((each) =>
      names.slice(0, 2000).map((name, index) => {
        each.find(name, message, 0);
        message.set(name.toBytes(), 5 * index);
        each.add(5 * index);
        each.find(name, message, 0);
        return each.target;
      }),
    );
    expect(found[1]).toEqual(found[0]);
    expect(found[0]!.filter((target) => target >= 0).length).toBeGreaterThan(1900);
  });

  it('takes up to 2,048 ends, and goes on without more', () => {
    const names = Array.from({ length: 3000 }, (_, index) => Name.parse(index.toString(36)));
    const { table } = fill(names);
    expect(table.target).toBe(-1);
    table.find(names[0]!, Uint8Array.from([1, 0x30, 0]), 0);
    expect(table.target).toBe(0);
  });
});
