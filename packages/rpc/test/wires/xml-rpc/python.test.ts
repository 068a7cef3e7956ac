import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCall, decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { double, type XmlRpcValue } from '../../../src/wires/xml-rpc/values.ts';
import { encodeCall, encodeResponse } from '../../../src/wires/xml-rpc/writer.ts';

/** Runs a program on lines of JSON; answers the lines of JSON it prints. */
function python(program: string, input: readonly unknown[] = []): unknown[] {
  const printed = execFileSync(
    'python3',
    ['-c', `import sys, json, math, datetime, xmlrpc.client\n${program}`],
    {
      input: input.map((line) => JSON.stringify(line)).join('\n'),
      encoding: 'utf8',
      env: { ...process.env, PYTHONUTF8: '1' },
      maxBuffer: 1 << 28,
    },
  );
  return printed
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

/** A value as text that both sides write alike: its type, then what it is. */
const described = `
def describe(v):
    if v is None: return ['nil']
    if isinstance(v, bool): return ['boolean', v]
    if isinstance(v, int): return ['int', str(v)]
    if isinstance(v, float): return ['double', v.hex()]
    if isinstance(v, str): return ['string', v.encode('utf-8').hex()]
    if isinstance(v, (bytes, bytearray)): return ['base64', v.hex()]
    if isinstance(v, datetime.datetime): return ['date', v.strftime('%Y-%m-%dT%H:%M:%S').rjust(19, '0')]
    if isinstance(v, (list, tuple)): return ['array', [describe(x) for x in v]]
    return ['struct', [[k.encode('utf-8').hex(), describe(x)] for k, x in v.items()]]
`;

function describeOurs(value: unknown, isDouble = false): unknown {
  if (value === null) return ['nil'];
  if (typeof value === 'boolean') return ['boolean', value];
  if (typeof value === 'bigint') return ['int', String(value)];
  if (typeof value === 'number') {
    return isDouble || !Number.isInteger(value) || Object.is(value, -0) || Math.abs(value) > 0x7fff_ffff
      ? ['double', value]
      : ['int', String(value)];
  }
  if (typeof value === 'string') return ['string', hex(value)];
  if (value instanceof Uint8Array) return ['base64', Buffer.from(value).toString('hex')];
  if (value instanceof Date) return ['date', value.toISOString().slice(0, 19)];
  if (Array.isArray(value)) return ['array', value.map((item) => describeOurs(item))];
  return ['struct', Object.entries(value as object).map(([name, item]) => [hex(name), describeOurs(item)])];
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** Python's `float.hex()`, for those it printed. */
function fromHex(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (value[0] !== 'double') return value.map(fromHex);
  const found = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(String(value[1]))!;
  const mantissa = Number.parseInt(found[2]! + found[3]!, 16);
  // In two steps, for 2 ** -1126 is none.
  const exponent = Number(found[4]) - 4 * found[3]!.length;
  const half = Math.trunc(exponent / 2);
  const number = mantissa * 2 ** half * 2 ** (exponent - half);
  return ['double', found[1] === '-' ? -number : number];
}

// eslint-disable-next-line no-control-regex -- these are what cannot be sent
const isXml = (text: string): boolean => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        '<',
        '>',
        '&',
        '"',
        "'",
        ']]>',
        '\t',
        '\n',
        '\r',
        '\r\n',
        'ü',
        '漢',
        '😀',
        '&amp;',
        '\x7f',
        '\x85',
      ),
      fc.string({ unit: 'binary' }).filter(isXml),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const moment = fc
  .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));

const { value: anyValue } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    text,
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .filter((big) => big > 2n ** 53n || big < -(2n ** 53n)),
    fc.uint8Array({ maxLength: 20 }),
    moment,
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'then')), tie('value')), {
        maxLength: 4,
      })
      .map((members) => Object.fromEntries(members)),
  ),
}));

describe('any value', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 3 }), (params) => {
        expect(describeOurs(decodeCall(encodeCall('a', params, { allowNone: true })).params)).toEqual(
          describeOurs(params),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('is loaded by Python, and what Python dumps of it is read here', { timeout: 120_000 }, () => {
    const values = fc.sample(anyValue, { numRuns: 400, seed: 20250101 });
    const lines = python(
      `${described}
for line in sys.stdin:
    (value,), method = xmlrpc.client.loads(json.loads(line), use_builtin_types=True)
    print(json.dumps([describe(value), xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True) if fits(value) else None]))
`.replace(
        'for line',
        `
def fits(v):
    # Python refuses to write integers above 32 bits.
    if isinstance(v, int): return -2**31 <= v < 2**31
    if isinstance(v, (list, tuple)): return all(fits(x) for x in v)
    if isinstance(v, dict): return all(fits(x) for x in v.values())
    return True
for line`,
      ),
      values.map((value) => Buffer.from(encodeResponse(value, { allowNone: true })).toString()),
    ) as [unknown, string | null][];
    expect(lines).toHaveLength(values.length);
    let readBack = 0;
    for (const [i, [described, dumped]] of lines.entries()) {
      expect(fromHex(described)).toEqual(describeOurs(values[i]));
      if (dumped === null) continue;
      expect(describeOurs(decodeResponse(dumped))).toEqual(describeOurs(normalised(values[i]!)));
      readBack++;
    }
    expect(readBack).toBeGreaterThan(200);
  });
});

/** Python writes CR as it is, which XML then has read as LF. */
function normalised(value: XmlRpcValue): XmlRpcValue {
  if (typeof value === 'string') return value.replace(/\r\n?/g, '\n');
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name.replace(/\r\n?/g, '\n'), normalised(item)]),
  );
}

describe('what Python writes', () => {
  const dump = (expression: string): string =>
    python(
      `print(json.dumps(xmlrpc.client.dumps((${expression},), methodresponse=True, allow_none=True)))`,
    )[0] as string;

  it.each([
    ['2**31 - 1', 2147483647],
    ['12345678901.0', 12345678901],
    ['1e300', 1e300],
    ['5e-324', 5e-324],
    ['-0.0', -0],
    ['True', true],
    ['None', null],
    ["'a <b> & c'", 'a <b> & c'],
    ["'größe'", 'größe'],
    ["{'a': [1, {'b': ''}]}", { a: [1, { b: '' }] }],
    ["xmlrpc.client.Binary(b'\\x00\\x01' * 60)", Uint8Array.from({ length: 120 }, (_, i) => i % 2)],
    ["xmlrpc.client.DateTime('20240331T02:30:00')", new Date('2024-03-31T02:30:00Z')],
    ['datetime.datetime(2024, 10, 27, 2, 30)', new Date('2024-10-27T02:30:00Z')],
    ["{'__proto__': 1, 'constructor': 2}", JSON.parse('{"__proto__": 1, "constructor": 2}') as object],
  ])('%s is read', (expression, value) => {
    expect(describeOurs(decodeResponse(dump(expression)), true)).toEqual(describeOurs(value, true));
  });

  it('as a request and as a fault is read', () => {
    const [request, fault] = python(`
print(json.dumps(xmlrpc.client.dumps((1, 'a'), 'kv.set')))
print(json.dumps(xmlrpc.client.dumps(xmlrpc.client.Fault(7, 'no <key>'))))
`) as [string, string];
    expect(decodeCall(request)).toEqual({ method: 'kv.set', params: [1, 'a'] });
    expect(() => decodeResponse(fault)).toThrow(
      expect.objectContaining({ name: 'RpcFault', code: 7, message: 'no <key>' }) as Error,
    );
  });

  it('in ISO-8859-1 is read', () => {
    const [bytes] = python(`
print(json.dumps(xmlrpc.client.dumps(('größe',), methodresponse=True, encoding='iso-8859-1').encode('iso-8859-1').hex()))
`) as [string];
    expect(decodeResponse(Buffer.from(bytes, 'hex'))).toBe('größe');
  });
});

describe('what is written here', () => {
  it('is of the type it should be in Python', () => {
    const values: [unknown, string][] = [
      [1, 'int 1'],
      [double(1), 'float 1.0'],
      [12345678901, 'float 12345678901.0'],
      [12345678901n, 'int 12345678901'],
      [1e21, 'float 1e+21'],
      ['a\rb\r\n', "str 'a\\rb\\r\\n'"],
      [new Date('2024-03-31T02:30:00Z'), 'DateTime 20240331T02:30:00'],
      [Uint8Array.of(0, 255), "Binary b'\\x00\\xff'"],
      [null, 'NoneType None'],
      [false, 'bool False'],
    ];
    const lines = python(
      `
for line in sys.stdin:
    (v,), _ = xmlrpc.client.loads(json.loads(line))
    shown = str(v) if isinstance(v, xmlrpc.client.DateTime) else repr(v.data) if isinstance(v, xmlrpc.client.Binary) else repr(v)
    print(json.dumps(type(v).__name__ + ' ' + shown))
`,
      values.map(([value]) => Buffer.from(encodeResponse(value, { allowNone: true })).toString()),
    );
    expect(lines).toEqual(values.map(([, shown]) => shown));
  });
});
