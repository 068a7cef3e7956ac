import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  FramingUsageError,
  struct,
  type Struct,
  type StructValue,
  type StructValues,
} from '../../src/codecs/index.ts';
import { hex, text, utf8 } from '../bytes.ts';

/** A format that the compiler does not know. */
function unknown(format: string): Struct<StructValue[]> {
  return struct(format);
}

describe('the examples of its manual, in network order', () => {
  test('pack and unpack', () => {
    expect(struct('>bhl').pack(1, 2, 3)).toEqual(hex('01 00 02 00 00 00 03'));
    expect(struct('>bhl').unpack(hex('01 00 02 00 00 00 03'))).toEqual([1, 2, 3]);
    expect(struct('>bhl').size).toBe(7);
    expect(() => struct('>h').pack(99_999)).toThrow(FramingUsageError);
  });

  test("'s' is one value, 'c' as many as it counts", () => {
    const letters = Array.from('123', utf8) as [Uint8Array, Uint8Array, Uint8Array];
    expect(text(struct('@3s').pack(utf8('123')))).toBe('123');
    expect(text(struct('@ccc').pack(...letters))).toBe('123');
    expect(struct('@3c').unpack(utf8('123'))).toEqual(letters);
  });

  test('a record of a name and three numbers', () => {
    const record = Uint8Array.of(...utf8('raymond   '), ...hex('32 12 08 01 08'));
    const [name, serial, school, grade] = struct('<10sHHb').unpack(record);
    expect([text(name), serial, school, grade]).toEqual(['raymond   ', 4658, 264, 8]);
  });

  test('native alignment: the order of items counts, and a count of 0 pads to the end', () => {
    expect(struct('@ci').pack(utf8('#'), 0x12131415)).toEqual(hex('23 00 00 00 15 14 13 12'));
    expect(struct('@ic').pack(0x12131415, utf8('#'))).toEqual(hex('15 14 13 12 23'));
    expect(struct('@ci').size).toBe(8);
    expect(struct('@ic').size).toBe(5);
    expect(struct('@llh0l').pack(1n, 2n, 3)).toEqual(
      hex('01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00'),
    );
  });
});

test("struct('i') is the header of seed 000", () => {
  expect(struct('i').pack(10_000)).toEqual(hex('10 27 00 00'));
  expect(struct('i').unpack(hex('10 27 00 00'))).toEqual([10_000]);
});

describe('the types', () => {
  test('are a tuple computed from the format', () => {
    expectTypeOf<StructValues<'<IHB'>>().toEqualTypeOf<[number, number, number]>();
    expectTypeOf<StructValues<'!2s?q'>>().toEqualTypeOf<[Uint8Array, boolean, bigint]>();
    expectTypeOf<StructValues<'>2x3h x 12p c'>>().toEqualTypeOf<
      [number, number, number, Uint8Array, Uint8Array]
    >();
    expectTypeOf<StructValues<'='>>().toEqualTypeOf<[]>();
    expectTypeOf<StructValues<''>>().toEqualTypeOf<[]>();
    expectTypeOf<StructValues<'0i 0s'>>().toEqualTypeOf<[Uint8Array]>();
    expectTypeOf<StructValues<'<l'>>().toEqualTypeOf<[number]>();
    expectTypeOf<StructValues<'l'>>().toEqualTypeOf<[bigint]>();
    expectTypeOf<StructValues<'@nNP'>>().toEqualTypeOf<[bigint, bigint, bigint]>();
    expectTypeOf<StructValues<'<1234B'>['length']>().toEqualTypeOf<1234>();
    expectTypeOf<StructValues<'<10d'>>().toExtend<{ length: 10; 9: number }>();
  });

  test('are never for what is no format, and unknown in number for what is known at run time', () => {
    expectTypeOf<StructValues<'<z'>>().toEqualTypeOf<never>();
    expectTypeOf<StructValues<'<n'>>().toEqualTypeOf<never>();
    expectTypeOf<StructValues<'3'>>().toEqualTypeOf<never>();
    expectTypeOf<StructValues<'2 i'>>().toEqualTypeOf<never>();
    expectTypeOf<StructValues<'i<'>>().toEqualTypeOf<never>();
    expectTypeOf<StructValues<string>>().toEqualTypeOf<StructValue[]>();
  });

  test('hold where it is called', () => {
    const header = struct('!HHI');
    expectTypeOf(header).toEqualTypeOf<Struct<[number, number, number]>>();
    expectTypeOf(header.pack).parameters.toEqualTypeOf<[number, number, number]>();
    expectTypeOf(header.unpack(new Uint8Array(8))).toEqualTypeOf<[number, number, number]>();
    expectTypeOf(unknown('i')).toEqualTypeOf<Struct<StructValue[]>>();
  });
});

// ── Python decides ───────────────────────────────────────────────────────────────────────────────────────────────────

type Plain = number | boolean | string | { float: string } | { bytes: number[] } | { int: string };

/** Packs and unpacks with Python. Floats travel as hex of their 64 bits, integers of any size as text. */
function askPython(jobs: readonly unknown[]): { size: number; packed: number[]; values: Plain[] }[] {
  const program = `
import json, struct, sys
def back(v):
    if isinstance(v, bool): return v
    if isinstance(v, int): return {'int': str(v)}
    if isinstance(v, float): return {'float': struct.pack('>d', v).hex()}
    return {'bytes': list(v)}
def there(v):
    if isinstance(v, bool): return v
    if 'int' in v: return int(v['int'])
    if 'float' in v: return struct.unpack('>d', bytes.fromhex(v['float']))[0]
    return bytes(v['bytes'])
answers = []
for job in json.load(sys.stdin):
    f = job['format']
    packed = struct.pack(f, *map(there, job['values'])) if 'values' in job else bytes(job['packed'])
    answers.append({'size': struct.calcsize(f), 'packed': list(packed), 'values': list(map(back, struct.unpack(f, packed)))})
print(json.dumps(answers))
`;
  const printed = execFileSync('python3', ['-c', program], {
    input: JSON.stringify(jobs),
    encoding: 'utf8',
    timeout: 50_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(printed) as ReturnType<typeof askPython>;
}

function plain(value: StructValue, letter: string): Plain {
  if (typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (typeof value === 'bigint' || !'efd'.includes(letter)) return { int: String(value) };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return { float: bits.getBigUint64(0).toString(16).padStart(16, '0') };
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  b: [-128n, 127n],
  B: [0n, 255n],
  h: [-32_768n, 32_767n],
  H: [0n, 65_535n],
  i: [-(2n ** 31n), 2n ** 31n - 1n],
  I: [0n, 2n ** 32n - 1n],
  q: [-(2n ** 63n), 2n ** 63n - 1n],
  Q: [0n, 2n ** 64n - 1n],
};

/** A value that `letter` can hold, with the ends of its range among them. */
function valueFor(letter: string, native: boolean): fc.Arbitrary<StructValue> {
  const same = { l: native ? 'q' : 'i', L: native ? 'Q' : 'I', n: 'q', N: 'Q', P: 'Q' }[letter] ?? letter;
  const range = ranges[same];
  if (range !== undefined) {
    const [min, max] = range;
    const whole = fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n));
    return 'qQ'.includes(same) ? whole : whole.map(Number);
  }
  if (letter === '?') return fc.boolean();
  if (letter === 'c') return fc.uint8Array({ minLength: 1, maxLength: 1 });
  if (letter === 'e') return fc.double({ min: -65_519, max: 65_519, noNaN: true });
  if (letter === 'f') return fc.float({ noNaN: true });
  if (letter === 'd') return fc.double({ noNaN: true });
  return fc.uint8Array({ maxLength: 300 });
}

/** One item: how it stands in a format, and its values. */
function item(native: boolean): fc.Arbitrary<{ text: string; letters: string; values: StructValue[] }> {
  const letters = `xcbB?hHiIlLqQefdsp${native ? 'nNP' : ''}`;
  return (
    fc
      .tuple(fc.constantFrom(...letters), fc.option(fc.nat(4)), fc.constantFrom('', '', ' ', '\n\t'))
      // Python fails on '0p': "Negative size passed to PyBytes_FromStringAndSize".
      .map(([letter, count, space]) => [letter, letter === 'p' && count === 0 ? 1 : count, space] as const)
      .chain(([letter, count, space]) => {
        const many = letter === 'x' ? 0 : letter === 's' || letter === 'p' ? 1 : (count ?? 1);
        return fc.tuple(...Array.from({ length: many }, () => valueFor(letter, native))).map((values) => ({
          text: `${space}${count === null ? '' : String(count)}${letter}`,
          letters: letter.repeat(many),
          values,
        }));
      })
  );
}

const record = fc.constantFrom('', '@', '=', '<', '>', '!').chain((order) =>
  fc.array(item(order === '' || order === '@'), { maxLength: 8 }).map((items) => ({
    format:
      order +
      items
        .map(({ text: part }) => part)
        .join('')
        .replace(/^\s+/, order === '' ? 'x' : ' '),
    letters: items.map(({ letters }) => letters).join(''),
    values: items.flatMap(({ values }) => values),
  })),
);

describe('Python', () => {
  test('packs and unpacks the same in a thousand formats, aligned ones among them', () => {
    const records = fc.sample(record, { numRuns: 1000, seed: 20_261_121 });
    const answers = askPython(
      records.map(({ format, letters, values }) => ({
        format,
        values: values.map((value, i) => plain(value, letters[i] ?? '')),
      })),
    );
    for (const [index, { format, letters, values }] of records.entries()) {
      const answer = answers[index]!;
      const compiled = unknown(format);
      expect(compiled.size, format).toBe(answer.size);
      const packed = compiled.pack(...values);
      expect([...packed], format).toEqual(answer.packed);
      const unpacked = compiled.unpack(packed);
      expect(
        unpacked.map((value, i) => plain(value, letters[i] ?? '')),
        format,
      ).toEqual(answer.values);
    }
    expect(records.filter(({ values }) => values.length > 3).length).toBeGreaterThan(250);
  });

  test('reads every half-precision number as this does, and both write it back', () => {
    const all = Array.from({ length: 65_536 }, (_, bits) => bits);
    const packed = all.flatMap((bits) => [bits >> 8, bits & 255]);
    const [answer] = askPython([{ format: `>${String(all.length)}e`, packed }]);
    const halves = unknown(`>${String(all.length)}e`);
    const values = halves.unpack(Uint8Array.from(packed));
    const expected = answer!.values.map((value) => (value as { float: string }).float);
    expect(
      values.map((value) => (plain(value, 'e') as { float: string }).float.replace(/^fff8/, '7ff8')),
    ).toEqual(expected.map((float) => float.replace(/^[7f]ff[89a-f].*/, '7ff8000000000000')));
    const again = halves.unpack(halves.pack(...values));
    expect(again).toEqual(values);
  });

  test('rounds to half precision in the same way, between every two neighbours', () => {
    const halves = struct('>e');
    const near = Array.from({ length: 0x7c00 - 1 }, (_, bits) => {
      const [low] = halves.unpack(Uint8Array.of(bits >> 8, bits & 255));
      const [high] = halves.unpack(Uint8Array.of((bits + 1) >> 8, (bits + 1) & 255));
      const middle = (low + high) / 2;
      return [middle, middle * (1 + Number.EPSILON), middle * (1 - Number.EPSILON / 2), -middle];
    }).flat();
    const values = near.filter((_, i) => i % 7 === 0 || i < 4096 || i > near.length - 512);
    const format = `>${String(values.length)}e`;
    const [answer] = askPython([{ format, values: values.map((value) => plain(value, 'e')) }]);
    expect([...unknown(format).pack(...values)]).toEqual(answer!.packed);
  });
});

// ── What cannot be ───────────────────────────────────────────────────────────────────────────────────────────────────

describe('a format', () => {
  test.each([
    'z',
    '<n',
    '>N',
    '=P',
    '2',
    '<3',
    'i2',
    '2 i',
    '<2 i',
    ' <i',
    '<<i',
    'i<',
    'i,i',
    'i-',
    '١i',
    '<99999999999999999q',
  ])('%j is none, for Python neither', (format) => {
    expect(() => unknown(format)).toThrow(FramingUsageError);
  });

  test('of nothing has no values and no bytes', () => {
    expect(struct('').pack()).toEqual(hex(''));
    expect(struct('<').unpack(hex(''))).toEqual([]);
    expect(struct('! \t').size).toBe(0);
  });
});

describe('values that do not fit', () => {
  const cases: readonly (readonly [format: string, value: unknown])[] = [
    ...Object.entries(ranges).flatMap(([letter, [min, max]]): [string, unknown][] => {
      const make = (value: bigint): unknown => ('qQ'.includes(letter) ? value : Number(value));
      return [
        [`<${letter}`, make(min - 1n)],
        [`<${letter}`, make(max + 1n)],
        [`<${letter}`, 'qQ'.includes(letter) ? 1 : 1n],
      ];
    }),
    ['<i', 1.5],
    ['<i', NaN],
    ['<i', Infinity],
    ['<i', '1'],
    ['<?', 1],
    ['<c', hex('')],
    ['<c', hex('01 02')],
    ['<c', 'a'],
    ['<s', 'a'],
    ['<p', 1],
    ['<d', '1'],
    ['<d', 1n],
    ['<f', 3.5e38],
    ['<f', -3.5e38],
    ['<e', 65_520],
    ['<e', -65_520],
    ['<e', 1e300],
  ];
  test.each(cases)('%s refuses %s', (format, value) => {
    expect(() => unknown(format).pack(value as StructValue)).toThrow(FramingUsageError);
  });

  test('the error says which', () => {
    expect(() => struct('<BBB').pack(1, 256, 3)).toThrow(
      'value 1 ("B") is 256, expected a whole number from 0 to 255',
    );
  });

  test('too few and too many', () => {
    expect(() => unknown('<BB').pack(1)).toThrow(FramingUsageError);
    expect(() => unknown('<BB').pack(1, 2, 3)).toThrow(FramingUsageError);
  });

  test('infinities and the largest numbers do fit', () => {
    for (const value of [Infinity, -Infinity, NaN, -0]) {
      expect(struct('<efd').unpack(struct('<efd').pack(value, value, value))).toEqual([value, value, value]);
    }
    expect(struct('>e').pack(65_519)).toEqual(hex('7b ff'));
    expect(struct('>f').pack(3.4028234663852886e38)).toEqual(hex('7f 7f ff ff'));
  });
});

describe('where the bytes are', () => {
  test('unpack takes exactly its size, unpackFrom what it needs', () => {
    const point = struct('<hh');
    const bytes = hex('ff 01 00 02 00 ff');
    expect(() => point.unpack(bytes)).toThrow(FramingUsageError);
    expect(() => point.unpack(bytes.subarray(0, 3))).toThrow(FramingUsageError);
    expect(point.unpackFrom(bytes, 1)).toEqual([1, 2]);
    expect(point.unpackFrom(hex('01 00 02 00'))).toEqual([1, 2]);
    for (const offset of [3, 7, -1, 0.5, NaN]) {
      expect(() => point.unpackFrom(bytes, offset)).toThrow(FramingUsageError);
    }
  });

  test('packInto writes its bytes, padding too, and no others', () => {
    const into = new Uint8Array(8).fill(0xee);
    struct('<BxH').packInto(into, 2, 1, 2);
    expect(into).toEqual(hex('ee ee 01 00 02 00 ee ee'));
    expect(() => struct('<BxH').packInto(into, 5, 1, 2)).toThrow(FramingUsageError);
    expect(into).toEqual(hex('ee ee 01 00 02 00 ee ee'));
  });

  test('iterUnpack gives record after record, and refuses half ones before the first', () => {
    expect([...struct('>H').iterUnpack(hex('00 01 00 02 00 03'))]).toEqual([[1], [2], [3]]);
    expect([...struct('>H').iterUnpack(hex(''))]).toEqual([]);
    expect(() => struct('>H').iterUnpack(hex('00 01 00'))).toThrow(FramingUsageError);
    expect(() => struct('').iterUnpack(hex(''))).toThrow(FramingUsageError);
  });

  test('what was unpacked does not change with the bytes, and is a Uint8Array from a Buffer too', () => {
    const bytes = Buffer.from('ab');
    const [pair] = struct('2s').unpack(bytes);
    const [first] = struct('cx').unpack(bytes);
    bytes.fill(0);
    expect(pair).toEqual(utf8('ab'));
    expect(first).toEqual(utf8('a'));
    expect(Object.getPrototypeOf(pair)).toBe(Uint8Array.prototype);
  });

  test("a 'p' of a length that it has no room for is cut, as Python cuts it", () => {
    expect(struct('4pB').unpack(hex('ff 61 62 63 2a'))).toEqual([utf8('abc'), 42]);
    expect(struct('300p').pack(new Uint8Array(299))[0]).toBe(255);
    expect(struct('0p').unpack(hex(''))).toEqual([hex('')]);
  });
});
