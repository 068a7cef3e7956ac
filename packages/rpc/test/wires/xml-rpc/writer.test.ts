import { describe, expect, it } from 'vitest';
import { RpcError, RpcFault, RpcUsageError } from '../../../src/errors.ts';
import { decodeCall, decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { double } from '../../../src/wires/xml-rpc/values.ts';
import { encodeCall, encodeFault, encodeResponse } from '../../../src/wires/xml-rpc/writer.ts';

const head = '<?xml version="1.0"?>\n<methodResponse><params><param><value>';
const foot = '</value></param></params></methodResponse>\n';

/** What stands inside `<value>`. */
function encoded(value: unknown, allowNone = false): string {
  const document = textOf(encodeResponse(value, { allowNone }));
  expect(document.startsWith(head) && document.endsWith(foot)).toBe(true);
  return document.slice(head.length, -foot.length);
}

describe('values', () => {
  it.each([
    [0, '<int>0</int>'],
    [-2147483648, '<int>-2147483648</int>'],
    [2147483647, '<int>2147483647</int>'],
    [2147483648, '<double>2147483648.0</double>'],
    [12345678901, '<double>12345678901.0</double>'],
    [-0, '<double>-0.0</double>'],
    [0.1, '<double>0.1</double>'],
    [1e21, '<double>1e+21</double>'],
    [5e-324, '<double>5e-324</double>'],
    [123456789012345680000, '<double>123456789012345680000.0</double>'],
    [double(3), '<double>3.0</double>'],
    [double(-0), '<double>-0.0</double>'],
    [5n, '<i8>5</i8>'],
    [-9223372036854775808n, '<i8>-9223372036854775808</i8>'],
    [true, '<boolean>1</boolean>'],
    [false, '<boolean>0</boolean>'],
    ['', '<string></string>'],
    ['a <b> & "c" \'d\'', '<string>a &lt;b&gt; &amp; "c" \'d\'</string>'],
    ['\t\n\r\r\n', '<string>\t\n&#13;&#13;\n</string>'],
    ['größe 😀 ]]>', '<string>größe 😀 ]]&gt;</string>'],
    [Uint8Array.of(0, 1, 2, 255), '<base64>AAEC/w==</base64>'],
    [Buffer.from('xay').subarray(1, 2), '<base64>YQ==</base64>'],
    [
      new Date(Date.UTC(1998, 6, 17, 14, 8, 55, 999)),
      '<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>',
    ],
    [new Date('0001-02-03T04:05:06Z'), '<dateTime.iso8601>00010203T04:05:06</dateTime.iso8601>'],
    [new Date('9999-12-31T23:59:59Z'), '<dateTime.iso8601>99991231T23:59:59</dateTime.iso8601>'],
    [[], '<array><data></data></array>'],
    [
      [1, ['a']],
      '<array><data><value><int>1</int></value><value><array><data><value><string>a</string></value></data></array></value></data></array>',
    ],
    [{}, '<struct></struct>'],
    [{ 'a<&': 1 }, '<struct><member><name>a&lt;&amp;</name><value><int>1</int></value></member></struct>'],
    [
      Object.assign(Object.create(null) as object, { a: true }),
      '<struct><member><name>a</name><value><boolean>1</boolean></value></member></struct>',
    ],
  ])('%o is %s', (value, markup) => {
    expect(encoded(value)).toBe(markup);
  });

  it('null and undefined are nil where that is allowed, refused where it is not', () => {
    expect(encoded([null, undefined, { a: undefined }], true)).toBe(
      '<array><data><value><nil/></value><value><nil/></value><value><struct><member><name>a</name><value><nil/></value></member></struct></value></data></array>',
    );
    const sparse: unknown[] = [];
    sparse.length = 1;
    expect(encoded(sparse, true)).toBe('<array><data><value><nil/></value></data></array>');
    for (const value of [null, undefined, [null], { a: undefined }, sparse]) {
      expect(() => encodeResponse(value)).toThrow(RpcUsageError);
    }
  });

  class Point {
    x = 1;
  }

  it.each([
    [NaN],
    [Infinity],
    [-Infinity],
    [9223372036854775808n],
    [-9223372036854775809n],
    [() => 1],
    [Symbol('a')],
    [new Point()],
    [Object.create({ inherited: 1 }) as object],
    [new Map([['a', 1]])],
    [new Set([1])],
    [/a/],
    [new Error('a')],
    [new ArrayBuffer(1)],
    [new Uint16Array(1)],
    [new Date(NaN)],
    [new Date(-62198755200000)],
    [new Date(253402300800000)],
    [new String('a')],
    [Promise.resolve(1)],
    [{ method: () => 1 }],
    [[Symbol.iterator]],
  ])('%o is refused', (value) => {
    expect(() => encodeResponse(value, { allowNone: true })).toThrow(RpcUsageError);
  });

  it('characters that XML forbids are refused, in strings and in names', () => {
    const codes = [...Array(32).keys()].filter((code) => ![9, 10, 13].includes(code));
    for (const code of [...codes, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffe, 0xffff]) {
      const character = String.fromCharCode(code);
      expect(() => encodeResponse(`a${character}b`)).toThrow(RpcUsageError);
      expect(() => encodeResponse({ [character]: 1 })).toThrow(RpcUsageError);
    }
    expect(encoded('\x7f\x80\ud7ff\ue000\ufffd\u{10ffff}')).toBe(
      '<string>\x7f\x80\ud7ff\ue000\ufffd\u{10ffff}</string>',
    );
  });

  it('__proto__, constructor, toJSON and then are names like any other', () => {
    const struct = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toJSON": 3, "then": 4}') as object;
    const back = decodeResponse(encodeResponse(struct)) as object;
    expect(Object.entries(back)).toEqual(Object.entries(struct));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it('a toJSON is never asked', () => {
    expect(() => encodeResponse({ toJSON: () => 1 })).toThrow(RpcUsageError);
    const date = new Date(0);
    date.toJSON = () => 'no';
    expect(encoded(date)).toBe('<dateTime.iso8601>19700101T00:00:00</dateTime.iso8601>');
  });

  it('doubles that are none are refused when they are made', () => {
    expect(() => double(NaN)).toThrow(RpcUsageError);
    expect(() => double(Infinity)).toThrow(RpcUsageError);
  });
});

describe('what would never end', () => {
  it('is refused: a value that contains itself', () => {
    const array: unknown[] = [1];
    array.push({ array });
    const struct: Record<string, unknown> = {};
    struct['self'] = struct;
    // Twice at each level: without a look at the ancestors, 2^64 steps.
    const twice: unknown[] = [];
    twice.push(twice, twice);
    for (const value of [array, struct, twice])
      expect(() => encodeResponse(value)).toThrow('contains itself');
  });

  it('is refused: more depth than is allowed', () => {
    const nested = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
      return value;
    };
    expect(decodeResponse(encodeResponse(nested(64)))).toEqual(nested(64));
    expect(() => encodeResponse(nested(65))).toThrow(RpcUsageError);
    expect(() => encodeResponse(nested(200_000))).toThrow(RpcUsageError);
  });

  it('is refused: a little that is written a great many times', () => {
    let value: unknown = 'x'.repeat(1000);
    for (let i = 0; i < 60; i++) value = [value, value];
    expect(errorOf(() => encodeResponse(value))).toMatchObject({ code: 'TOO_LARGE' });
    let many: unknown = [];
    for (let i = 0; i < 60; i++) many = [many, many];
    expect(
      errorOf(() => encodeResponse(many, { limits: { maxBytes: 0x1000_0000, maxValues: 1000 } })),
    ).toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('one value may stand in many places', () => {
    const shared = { a: [1] };
    expect(decodeResponse(encodeResponse([shared, shared]))).toEqual([shared, shared]);
  });
});

describe('sizes', () => {
  it('are limited in bytes of UTF-8', () => {
    const maxBytes = encodeResponse('ü'.repeat(100)).length;
    expect(textOf(encodeResponse('ü'.repeat(100), { limits: { maxBytes } }))).toContain('üü');
    const error = errorOf(() => encodeResponse('ü'.repeat(101), { limits: { maxBytes } }));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('requests', () => {
  it('are what the specification shows', () => {
    expect(textOf(encodeCall('examples.getStateName', [41]))).toBe(
      '<?xml version="1.0"?>\n<methodCall><methodName>examples.getStateName</methodName><params><param><value><int>41</int></value></param></params></methodCall>\n',
    );
    expect(decodeCall(encodeCall('größe:a/b_C.9', []))).toEqual({ method: 'größe:a/b_C.9', params: [] });
  });

  it.each([
    '',
    'a b',
    'a\n',
    'a\r\nb',
    'a\0',
    '\x7f',
    '\x85',
    '<a',
    'a>',
    'a&b',
    '"',
    "'",
    'a\ud800',
    '\uffff',
    '</methodName><x>',
  ])('have no method named %j', (method) => {
    expect(() => encodeCall(method, [])).toThrow(RpcUsageError);
  });
});

describe('faults', () => {
  it('are a struct of code and string', () => {
    expect(textOf(encodeFault(new RpcFault(4, 'Too many <parameters>.')))).toBe(
      '<?xml version="1.0"?>\n<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value></member>' +
        '<member><name>faultString</name><value><string>Too many &lt;parameters&gt;.</string></value></member></struct></value></fault></methodResponse>\n',
    );
  });

  it('are told, whatever their message holds', () => {
    const error = errorOf(() => decodeResponse(encodeFault(new RpcFault(1, 'a\0b\ud800c\ufffed\re😀'))));
    expect(error).toMatchObject({ code: 1, message: 'a\ufffdb\ufffdc\ufffdd\re😀' });
  });

  it.each([1.5, NaN, 2 ** 40, Infinity])(
    'of the code %d are internal errors, for faultCode is an int',
    (code) => {
      expect(errorOf(() => decodeResponse(encodeFault(new RpcFault(code, 'a'))))).toMatchObject({
        code: -32603,
        message: 'a',
      });
    },
  );
});

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
