import { describe, expect, it } from 'vitest';
import { RpcFault } from '../../../src/errors.ts';
import { decodeCall, decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcFormatError } from '../../../src/wires/xml-rpc/errors.ts';
import { codeOf, decoded } from './documents.ts';

describe('integers', () => {
  it.each([
    ['<int>0</int>', 0],
    ['<i4>-12</i4>', -12],
    ['<int>+7</int>', 7],
    ['<int>-0</int>', 0],
    ['<int>2147483647</int>', 2147483647],
    ['<int>-2147483648</int>', -2147483648],
    ['<int>000000000000000000000000000012</int>', 12],
    ['<i1>-128</i1>', -128],
    ['<i2>32767</i2>', 32767],
    ['<i8>9007199254740991</i8>', 9007199254740991],
    ['<ex:i8>12</ex:i8>', 12],
    ['<ex:i1 >5</ex:i1 >', 5],
  ])('%j is %s', (markup, value) => {
    expect(decoded(markup)).toBe(value);
  });

  it('answers a bigint where a number is not exact', () => {
    expect(decoded('<i8>9007199254740993</i8>')).toBe(9007199254740993n);
    expect(decoded('<i8>-9223372036854775808</i8>')).toBe(-9223372036854775808n);
    expect(decoded('<i8>9223372036854775807</i8>')).toBe(9223372036854775807n);
  });

  it.each([
    '<int>2147483648</int>',
    '<i4>-2147483649</i4>',
    '<int>12345678901</int>',
    '<i1>128</i1>',
    '<i2>-32769</i2>',
    '<i8>9223372036854775808</i8>',
    '<i8>-9223372036854775809</i8>',
    '<i8>99999999999999999999999999</i8>',
    '<int></int>',
    '<int/>',
    '<int>-</int>',
    '<int>+-1</int>',
    '<int>1.0</int>',
    '<int>1e3</int>',
    '<int>0x10</int>',
    '<int>1_000</int>',
    '<int> 1</int>',
    '<int>1\n</int>',
    '<int>٣</int>',
    '<int>１</int>',
    '<int>NaN</int>',
  ])('refuses %s', (markup) => {
    expect(codeOf(() => decoded(markup))).toBe('BAD_VALUE');
  });
});

describe('doubles', () => {
  it.each([
    ['12345678901.0', 12345678901],
    ['-12.53', -12.53],
    ['+.5', 0.5],
    ['5.', 5],
    ['3', 3],
    ['1e+300', 1e300],
    ['5E-324', 5e-324],
    ['0.1', 0.1],
    ['00012.50', 12.5],
  ])('%s is %s', (text, value) => {
    expect(decoded(`<double>${text}</double>`)).toBe(value);
    expect(decoded(`<ex:float>${text}</ex:float>`)).toBe(value);
  });

  it('keeps the sign of zero', () => {
    expect(decoded('<double>-0.0</double>')).toBe(-0);
  });

  it.each([
    'nan',
    'NaN',
    'inf',
    'Infinity',
    '-Infinity',
    '1e999',
    '-1e999',
    '',
    '.',
    '+',
    '1e',
    '0x1',
    ' 1',
    '1 ',
    '1,5',
    '1_0.0',
    '٣.٥',
  ])('refuses %j', (text) => {
    expect(codeOf(() => decoded(`<double>${text}</double>`))).toBe('BAD_VALUE');
  });
});

describe('booleans and nil', () => {
  it('are 1, 0 and nothing', () => {
    expect(decoded('<boolean>1</boolean>')).toBe(true);
    expect(decoded('<boolean>0</boolean>')).toBe(false);
    expect(decoded('<nil/>')).toBe(null);
    expect(decoded('<nil></nil>')).toBe(null);
    expect(decoded('<ex:nil/>')).toBe(null);
  });

  it.each([
    '<boolean>true</boolean>',
    '<boolean>2</boolean>',
    '<boolean/>',
    '<boolean> 1</boolean>',
    '<nil>0</nil>',
  ])('refuse %s', (markup) => {
    expect(codeOf(() => decoded(markup))).toBe('BAD_VALUE');
  });
});

describe('strings', () => {
  it.each([
    ['<string>South Dakota</string>', 'South Dakota'],
    ['South Dakota', 'South Dakota'],
    ['', ''],
    ['  ', '  '],
    ['\n a', '\n a'],
    ['<string/>', ''],
    ['<string></string>', ''],
    ['<string> a </string>', ' a '],
    ['\n <string>a</string>\t', 'a'],
    ['<string>&lt;&amp;&gt;&quot;&apos;</string>', '<&>"\''],
    ['<string>&#65;&#x42;&#x1F600;&#13;&#9;</string>', 'AB😀\r\t'],
    ['<string>a\r\nb\rc\nd</string>', 'a\nb\nc\nd'],
    ['<string>a&#13;\nb</string>', 'a\r\nb'],
    ['<string>größe 漢字 😀</string>', 'größe 漢字 😀'],
    ['<string>größe &amp; 漢</string>', 'größe & 漢'],
    ['<string>a<!-- no -->b</string>', 'ab'],
    ['<string><![CDATA[<b>&amp;\r\n]] ></b>]]>!</string>', '<b>&amp;\n]] ></b>!'],
    ['<![CDATA[bare]]>', 'bare'],
    ['a<![CDATA[b]]>c', 'abc'],
    ['<!-- first --> x', ' x'],
    ['<string>\u007f\u0085\ud7ff\ue000\ufffd</string>', '\u007f\u0085\ud7ff\ue000\ufffd'],
    ['<string>a > b</string>', 'a > b'],
  ])('%j is %j', (markup, value) => {
    expect(decoded(markup)).toBe(value);
  });
});

describe('base64', () => {
  it('is bytes of their own memory, whatever the line breaks', () => {
    const bytes = decoded('<base64>\nAAEC\r\n /w==\n</base64>') as Uint8Array;
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2, 255));
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(bytes.buffer.byteLength).toBe(4);
    expect(decoded('<base64/>')).toEqual(new Uint8Array(0));
  });

  it.each(['AAE', 'AAEC=', '=AAE', 'AA=E', 'A===', 'AAE*', 'AA-_', 'AAEC====', 'ÄAEC'])(
    'refuses %s',
    (text) => {
      expect(codeOf(() => decoded(`<base64>${text}</base64>`))).toBe('BAD_VALUE');
    },
  );
});

describe('dates', () => {
  it.each([
    ['19980717T14:08:55', '1998-07-17T14:08:55.000Z'],
    ['1998-07-17T14:08:55', '1998-07-17T14:08:55.000Z'],
    ['19980717T14:08:55Z', '1998-07-17T14:08:55.000Z'],
    ['1998-07-17T14:08:55.1239Z', '1998-07-17T14:08:55.123Z'],
    ['20240229T00:00:00', '2024-02-29T00:00:00.000Z'],
    ['00010101T00:00:00', '0001-01-01T00:00:00.000Z'],
    ['00000101T00:00:00', '0000-01-01T00:00:00.000Z'],
    ['99991231T23:59:59', '9999-12-31T23:59:59.000Z'],
    // Does not exist, or exists twice, where there is daylight saving.
    ['20240331T02:30:00', '2024-03-31T02:30:00.000Z'],
    ['20241027T02:30:00', '2024-10-27T02:30:00.000Z'],
  ])('%s is %s', (text, iso) => {
    expect((decoded(`<dateTime.iso8601>${text}</dateTime.iso8601>`) as Date).toISOString()).toBe(iso);
  });

  it.each([
    '20230229T00:00:00',
    '20240431T00:00:00',
    '20241301T00:00:00',
    '20240001T00:00:00',
    '20240100T00:00:00',
    '20240101T24:00:00',
    '20240101T00:60:00',
    '20240101T00:00:60',
    '20240101 00:00:00',
    '20240101T000000',
    '20240101T00:00:00+02:00',
    '2024-0101T00:00:00',
    '20240101',
    '',
    '2024010１T00:00:0',
    '-0240101T00:00:00',
    ' 20240101T00:00:00',
  ])('%j is refused', (text) => {
    expect(codeOf(() => decoded(`<dateTime.iso8601>${text}</dateTime.iso8601>`))).toBe('BAD_VALUE');
  });
});

describe('arrays and structs', () => {
  it('nest', () => {
    expect(
      decoded(
        `<array><data>
           <value><i4>12</i4></value>
           <value>Egypt</value>
           <value><array><data/></array></value>
           <value><struct><member><name>a</name><value><struct/></value></member></struct></value>
         </data></array>`,
      ),
    ).toEqual([12, 'Egypt', [], { a: {} }]);
  });

  it('name members as they please', () => {
    const struct = decoded(
      '<struct><member><name></name><value>1</value></member><member><name>a &lt;b&gt; ü</name><value>2</value></member></struct>',
    );
    expect(Object.entries(struct as object)).toEqual([
      ['', '1'],
      ['a <b> ü', '2'],
    ]);
  });

  it('keep the last of members of one name, as Python does', () => {
    expect(
      decoded(
        '<struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></struct>',
      ),
    ).toEqual({ a: '2' });
  });

  it('tell names apart that a cache might take for one another', () => {
    // 'Aa' and 'BB' have one hash where each character is weighed by 31.
    const names = ['AaAa', 'BBBB', 'AaBB', 'BBAa', 'AaAa', 'Aa', 'BB'];
    const members = names.map(
      (name) => `<value><struct><member><name>${name}</name><value/></member></struct></value>`,
    );
    const structs = decoded(`<array><data>${members.join('')}</data></array>`) as object[];
    expect(structs.map((struct) => Object.keys(struct)[0])).toEqual(names);
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
    'toJSON',
    'then',
    'hasOwnProperty',
    '__defineGetter__',
  ])('make %s a member like any other', (name) => {
    const struct = decoded(
      `<struct><member><name>${name}</name><value><struct/></value></member></struct>`,
    ) as object;
    expect(Object.getPrototypeOf(struct)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(struct, name)).toEqual({
      value: {},
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('requests', () => {
  it('have a method and parameters', () => {
    expect(
      decodeCall(
        '<?xml version="1.0"?>\n<methodCall>\n<methodName>examples.getStateName</methodName>\n<params>\n<param>\n<value><i4>41</i4></value>\n</param>\n</params>\n</methodCall>\n',
      ),
    ).toEqual({ method: 'examples.getStateName', params: [41] });
  });

  it('may have no parameters, in three ways', () => {
    for (const params of ['', '<params/>', '<params></params>']) {
      expect(decodeCall(`<methodCall><methodName>größe</methodName>${params}</methodCall>`)).toEqual({
        method: 'größe',
        params: [],
      });
    }
  });

  it.each([
    ['<methodResponse><params/></methodResponse>', 'BAD_ROOT'],
    ['<html></html>', 'BAD_ROOT'],
    ['<methodcall><methodName>a</methodName></methodcall>', 'BAD_ROOT'],
    ['<x:methodCall><methodName>a</methodName></x:methodCall>', 'BAD_ROOT'],
    ['<params><param><value/></param></params>', 'BAD_ROOT'],
    ['<methodCall/>', 'BAD_STRUCTURE'],
    ['<methodCall></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName/></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName></methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a\nb</methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a&#13;</methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><params/><methodName>a</methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName><params/><params/></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName><params><value/></params></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName><params><param/></params></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName><params>1</params></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName>b</methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall>b<methodName>a</methodName></methodCall>', 'BAD_STRUCTURE'],
    ['<methodCall><methodName>a</methodName></methodCall><methodCall/>', 'NOT_XML'],
    ['<methodCall><methodName>a</methodName></methodCall>x', 'NOT_XML'],
    ['POST / HTTP/1.1', 'NOT_XML'],
    ['{"jsonrpc":"2.0"}', 'NOT_XML'],
    ['', 'TRUNCATED'],
    [' \n', 'TRUNCATED'],
  ])('%j is %s', (document, code) => {
    expect(codeOf(() => decodeCall(document))).toBe(code);
  });

  it('say where they went wrong, in bytes', () => {
    const document =
      '<methodCall><methodName>ü</methodName><params><param><value><int>x</int></value></param></params></methodCall>';
    const error = catchError(() => decodeCall(document));
    expect(error).toBeInstanceOf(XmlRpcFormatError);
    expect(error).toMatchObject({ code: 'BAD_VALUE', offset: Buffer.from(document).indexOf('x</int>') });
  });
});

describe('answers', () => {
  const fault = (struct: string): string =>
    `<methodResponse><fault><value>${struct}</value></fault></methodResponse>`;
  const members =
    '<member><name>faultCode</name><value><int>4</int></value></member><member><name>faultString</name><value>Too many parameters.</value></member>';

  it('that are faults are thrown', () => {
    const error = catchError(() => decodeResponse(fault(`<struct>${members}</struct>`)));
    expect(error).toBeInstanceOf(RpcFault);
    expect(error).toMatchObject({ code: 4, message: 'Too many parameters.', data: undefined });
  });

  it.each([
    [fault('<struct/>'), 'BAD_STRUCTURE'],
    [fault('4'), 'BAD_STRUCTURE'],
    [fault('<array><data/></array>'), 'BAD_STRUCTURE'],
    [fault(`<struct>${members.replace('int>4</int', 'string>4</string')}</struct>`), 'BAD_STRUCTURE'],
    ['<methodResponse><fault/></methodResponse>', 'BAD_STRUCTURE'],
    ['<methodResponse></methodResponse>', 'BAD_STRUCTURE'],
    ['<methodResponse><params/></methodResponse>', 'BAD_STRUCTURE'],
    [
      '<methodResponse><params><param><value/></param><param><value/></param></params></methodResponse>',
      'BAD_STRUCTURE',
    ],
    [`${fault(`<struct>${members}</struct>`)}<x/>`, 'NOT_XML'],
    ['<methodCall><methodName>a</methodName></methodCall>', 'BAD_ROOT'],
    ['<!DOCTYPE html><html></html>', 'DOCTYPE'],
  ])('%j is %s', (document, code) => {
    expect(codeOf(() => decodeResponse(document))).toBe(code);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
