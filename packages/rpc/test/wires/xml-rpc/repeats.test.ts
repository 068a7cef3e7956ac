import { describe, expect, it } from 'vitest';
import { decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcFormatError } from '../../../src/wires/xml-rpc/errors.ts';
import { codeOf, decoded, response } from './documents.ts';

const array = (...values: readonly string[]): string =>
  `<array><data>${values.map((value) => `<value>${value}</value>`).join('')}</data></array>`;
const struct = (...members: readonly (readonly [name: string, value: string])[]): string =>
  `<struct>${members.map(([name, value]) => `<member><name>${name}</name><value>${value}</value></member>`).join('')}</struct>`;

/** What the markup is read as where nothing was before it, and behind others of its kind. */
function both(markup: string, ...before: readonly string[]): [unknown, unknown] {
  return [
    outcome(() => (decoded(array(markup)) as unknown[])[0]),
    outcome(() => (decoded(array(...before, markup)) as unknown[]).at(-1)),
  ];
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof XmlRpcFormatError) return error.code;
    throw error;
  }
}

describe('markup that was read before', () => {
  const row = struct(
    ['id', '<int>7</int>'],
    ['name', '<string>a</string>'],
    ['price', '<double>1.5</double>'],
    ['on', '<boolean>1</boolean>'],
    ['at', '<dateTime.iso8601>20240101T00:00:07</dateTime.iso8601>'],
  );

  it('does not hide a byte that is another, wherever it is', () => {
    for (let at = 0; at < row.length; at++) {
      for (const byte of '</>&1x \0\xff') {
        const changed = row.slice(0, at) + byte + row.slice(at + 1);
        const [alone, behind] = both(changed, row, row, row);
        expect(behind, changed).toEqual(alone);
      }
    }
  });

  it('does not hide a byte more or less', () => {
    for (let at = 0; at < row.length; at++) {
      for (const changed of [
        row.slice(0, at) + row.slice(at + 1),
        `${row.slice(0, at)} ${row.slice(at)}`,
        `${row.slice(0, at)}<!-- -->${row.slice(at)}`,
      ]) {
        const [alone, behind] = both(changed, row, row, row);
        expect(behind, changed).toEqual(alone);
      }
    }
  });

  it('does not hide the end of the document, at any length', () => {
    const document = Buffer.from(response(array(row, row, row)));
    for (let length = 0; length < document.length; length++) {
      expect(codeOf(() => decodeResponse(document.subarray(0, length)))).toBe('TRUNCATED');
    }
  });

  it('of a name with references is not mistaken for what they were replaced by', () => {
    const odd = (name: string): string => struct(['a', '<int>1</int>'], [name, '<int>2</int>']);
    for (const [written, name] of [
      ['x&amp;y', 'x&y'],
      ['x&#65;y', 'xAy'],
      ['x<![CDATA[<]]>y', 'x<y'],
      ['x\r\ny', 'x\ny'],
      ['x\ry', 'x\ny'],
    ] as const) {
      expect(decoded(array(odd(written), odd(written), odd(written)))).toEqual(
        Array.from({ length: 3 }, () => ({ a: 1, [name]: 2 })),
      );
      // The bytes that the text of the name was moved over, if it was.
      for (let cut = 1; cut < written.length; cut++) {
        const moved = name + written.slice(name.length);
        for (const other of [moved, name + written.slice(cut), written.slice(0, cut) + name]) {
          const [alone, behind] = both(odd(other), odd(written), odd(written), odd(written));
          expect(behind, other).toEqual(alone);
        }
      }
    }
  });

  it('counts: as many values as are allowed, and no more', () => {
    const rows = array(row, row, row, row);
    expect(decoded(rows, { maxValues: 25 })).toHaveLength(4);
    for (let maxValues = 0; maxValues < 25; maxValues++)
      expect(codeOf(() => decoded(rows, { maxValues }))).toBe('TOO_MANY_VALUES');
    const ints = array(...Array.from({ length: 10 }, (_, i) => `<int>${String(i)}</int>`));
    expect(decoded(ints, { maxValues: 11 })).toHaveLength(10);
    expect(codeOf(() => decoded(ints, { maxValues: 10 }))).toBe('TOO_MANY_VALUES');
  });
});

describe('values of many types by turns', () => {
  const written: readonly (readonly [markup: string, value: unknown])[] = [
    ['<int>1</int>', 1],
    ['<double>1.5</double>', 1.5],
    ['<string>a</string>', 'a'],
    ['bare', 'bare'],
    ['', ''],
    ['<i4>-5</i4>', -5],
    ['<i8>12345678901</i8>', 12_345_678_901],
    [' <int>3</int> ', 3],
    ['<int >4</int >', 4],
    ['<string/>', ''],
    ['<nil/>', null],
    ['<ex:i8>6</ex:i8>', 6],
    ['<string>&amp;<!-- c --></string>', '&'],
    ['<array><data/></array>', []],
    ['<struct/>', {}],
    ['<boolean>0</boolean>', false],
    ['<base64>AQ==</base64>', Uint8Array.of(1)],
    ['<dateTime.iso8601>1998-07-17T14:08:55Z</dateTime.iso8601>', new Date('1998-07-17T14:08:55Z')],
  ];

  it.each([
    ['int', '1', '2', 12],
    ['i8', '1', '2', 12],
    ['double', '1.5', '5', 1.55],
    ['boolean', '', '1', true],
    ['dateTime.iso8601', '19980717T14:08:55', 'Z', new Date('1998-07-17T14:08:55Z')],
  ])('are read to their end: %s', (type, first, rest, value) => {
    for (const text of [
      `${first}<![CDATA[${rest}]]>`,
      `${first}<!-- -->${rest}`,
      `<!-- -->${first}${rest}<!-- -->`,
    ])
      expect(decoded(`<${type}>${text}</${type}>`)).toEqual(value);
  });

  it('are each what it is, as members and as elements', () => {
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
    const chosen = Array.from(
      { length: 600 },
      () => written[random(written.length)] as (typeof written)[number],
    );
    expect(decoded(array(...chosen.map(([markup]) => markup)))).toEqual(chosen.map(([, value]) => value));
    const names = ['a', 'b', 'größe', 'd'];
    const structs = Array.from({ length: 300 }, () =>
      names.map((name) => [name, written[random(written.length)] as (typeof written)[number]] as const),
    );
    expect(
      decoded(
        array(
          ...structs.map((members) => struct(...members.map(([name, [markup]]) => [name, markup] as const))),
        ),
      ),
    ).toEqual(
      structs.map((members) => Object.fromEntries(members.map(([name, [, value]]) => [name, value]))),
    );
  });

  it('stay members like any other where their names are inherited', () => {
    const row = struct(['a', '<int>1</int>'], ['__proto__', '<int>2</int>'], ['toString', '<int>3</int>']);
    for (const one of decoded(array(row, row, row)) as object[]) {
      expect(Object.entries(one)).toEqual([
        ['a', 1],
        ['__proto__', 2],
        ['toString', 3],
      ]);
      expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
    }
  });
});
