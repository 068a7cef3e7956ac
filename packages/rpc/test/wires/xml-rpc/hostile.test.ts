import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcFault, RpcUsageError } from '../../../src/errors.ts';
import { decodeCall, decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcFormatError } from '../../../src/wires/xml-rpc/errors.ts';
import { codeOf, decoded, response } from './documents.ts';

/** Every construct there is, with blanks and comments. */
const everything = `\ufeff<?xml version="1.0" encoding='utf-8'?>
<!-- a request -->
<methodCall xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">
<methodName>kv.set</methodName>
<params>
<param><value><int>-5</int></value></param>
<param><value><double>1.5e3</double></value></param>
<param><value>größe &amp; &#8364;<![CDATA[<x>]]></value></param>
<param><value><base64>AAEC</base64></value></param>
<param><value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value></param>
<param><value><struct>
<member><name>a b</name><value><array><data><value><boolean>1</boolean></value><value><ex:nil/></value></data></array></value></member>
</struct></value></param>
<param><value/></param>
</params>
</methodCall>`;

describe('a document cut short', () => {
  const bytes = Buffer.from(everything);

  it('is a call when it is whole', () => {
    expect(decodeCall(bytes)).toMatchObject({ method: 'kv.set', params: { length: 7 } });
  });

  it('is TRUNCATED at every length, and never a call', () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      // Inside the mark at the front, and inside a character, it is no UTF-8 before it is anything else.
      const isInsideCharacter = ((bytes[length] as number) & 0xc0) === 0x80;
      expect([length, codeOf(() => decodeCall(cut))]).toEqual([
        length,
        isInsideCharacter ? 'NOT_XML' : 'TRUNCATED',
      ]);
    }
  });

  it('is never an answer', () => {
    const answer = Buffer.from(
      response('<struct><member><name>a</name><value><i8>1</i8></value></member></struct>'),
    );
    const fault = Buffer.from(
      '<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</name><value>x</value></member></struct></value></fault></methodResponse>',
    );
    expect(() => decodeResponse(fault)).toThrow(RpcFault);
    for (const document of [answer, fault]) {
      for (let length = 0; length < document.length; length++) {
        expect(codeOf(() => decodeResponse(document.subarray(0, length)))).toBe('TRUNCATED');
      }
    }
  });
});

describe('a document with one byte changed', () => {
  it('is read, or refused with a typed error', () => {
    const bytes = Buffer.from(everything);
    const replacements = [0, 0x20, 0x26, 0x2f, 0x3c, 0x3e, 0x3f, 0x21, 0x5d, 0x61, 0x80, 0xff];
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      for (const byte of replacements) {
        changed[at] = byte;
        try {
          expect(typeof decodeCall(changed).method).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(XmlRpcFormatError);
        }
      }
    }
  });

  it('never makes another error, whatever the bytes', () => {
    const parts = fc.constantFrom(
      ...[
        '<value>',
        '</value>',
        '<struct>',
        '</struct>',
        '<member>',
        '</member>',
        '<name>',
        '</name>',
        '<array>',
        '</array>',
      ],
      ...[
        '<data>',
        '</data>',
        '<int>',
        '</int>',
        '<i8>',
        '<string>',
        '</string>',
        '<nil/>',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
      ],
      ...[
        '&',
        ';',
        '&#',
        'x',
        '1',
        '-',
        '<',
        '>',
        '/',
        '"',
        "'",
        '=',
        ' ',
        '\r',
        '\0',
        'é',
        '<!DOCTYPE',
        '<?xml',
      ],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), fc.boolean(), (body, isWrapped) => {
        const text = isWrapped ? response(body.join('')) : body.join('');
        try {
          decodeResponse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlRpcFormatError);
          const { offset } = error as XmlRpcFormatError;
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(Buffer.byteLength(text));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('entities', () => {
  it('are never declared: no billion laughs, no file comes in', () => {
    const bomb = `<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY lol "lol">
 <!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
 <!ENTITY file SYSTEM "file:///etc/passwd">
]>
<methodCall><methodName>&lol2;&file;</methodName></methodCall>`;
    expect(codeOf(() => decodeCall(bomb))).toBe('DOCTYPE');
    expect(codeOf(() => decodeCall(bomb.replace('<!DOCTYPE', '<!--x--> <!DOCTYPE')))).toBe('DOCTYPE');
    expect(codeOf(() => decodeCall(bomb.slice(bomb.indexOf('<methodCall>'))))).toBe('NOT_XML');
  });
});

describe('the depth', () => {
  const arrays = (depth: number): string =>
    '<array><data><value>'.repeat(depth) + '1' + '</value></data></array>'.repeat(depth);
  const structs = (depth: number): string =>
    '<struct><member><name>a</name><value>'.repeat(depth) + '1' + '</value></member></struct>'.repeat(depth);

  it.each([arrays, structs])('is 64 and no more, where nothing else is said', (nested) => {
    expect(decoded(nested(64))).toHaveProperty('length' in (decoded(nested(1)) as object) ? 'length' : 'a');
    expect(codeOf(() => decoded(nested(65)))).toBe('TOO_DEEP');
  });

  it.each([arrays, structs])('is what is asked for', (nested) => {
    expect(codeOf(() => decoded(nested(1), { maxDepth: 0 }))).toBe('TOO_DEEP');
    expect(decoded('1', { maxDepth: 0 })).toBe('1');
    expect(codeOf(() => decoded(nested(1000), { maxDepth: 1000 }))).toBe('none');
    expect(codeOf(() => decoded(nested(1001), { maxDepth: 1000 }))).toBe('TOO_DEEP');
  });

  it('counts what is empty, however it is written', () => {
    for (const empty of ['<struct/>', '<struct></struct>', '<array><data/></array>']) {
      expect(codeOf(() => decoded(empty, { maxDepth: 1 }))).toBe('none');
      expect(codeOf(() => decoded(empty, { maxDepth: 0 }))).toBe('TOO_DEEP');
    }
  });

  it('counts what is open, not what was', () => {
    const wide = `<array><data>${`<value>${arrays(3)}</value>`.repeat(10)}</data></array>`;
    expect(codeOf(() => decoded(wide, { maxDepth: 4 }))).toBe('none');
    expect(codeOf(() => decoded(wide, { maxDepth: 3 }))).toBe('TOO_DEEP');
  });

  it('of 200,000 is an error like any other, with and without an end', () => {
    for (const limits of [{}, { maxDepth: 1000, maxBytes: 0x1000_0000 }]) {
      expect(codeOf(() => decoded(arrays(200_000), { maxBytes: 0x1000_0000, ...limits }))).toBe('TOO_DEEP');
      expect(codeOf(() => decodeCall('<methodCall>'.repeat(200_000)))).toBe('BAD_STRUCTURE');
      expect(codeOf(() => decoded('<value>'.repeat(200_000)))).toBe('BAD_VALUE');
      expect(codeOf(() => decoded('<a b="'.repeat(200_000)))).toBe('NOT_XML');
    }
  });
});

describe('the number of values', () => {
  const values = (count: number): string => `<array><data>${'<value/>'.repeat(count - 1)}</data></array>`;

  it('is limited, the array included', () => {
    expect(decoded(values(10), { maxValues: 10 })).toHaveLength(9);
    expect(codeOf(() => decoded(values(11), { maxValues: 10 }))).toBe('TOO_MANY_VALUES');
    expect(codeOf(() => decoded('1', { maxValues: 0 }))).toBe('TOO_MANY_VALUES');
  });

  it('is a million where nothing else is said', () => {
    const limits = { maxBytes: 0x1000_0000 };
    expect(decoded(values(1_000_000), limits)).toHaveLength(999_999);
    expect(codeOf(() => decoded(values(1_000_001), limits))).toBe('TOO_MANY_VALUES');
  });
});

describe('the size', () => {
  it.each(['text', 'bytes'])('is limited in bytes, for %s', (kind) => {
    const document = response('ü'.repeat(100));
    const given = kind === 'text' ? document : Buffer.from(document);
    const maxBytes = Buffer.byteLength(document);
    expect(decodeResponse(given, { maxBytes })).toHaveLength(100);
    expect(codeOf(() => decodeResponse(given, { maxBytes: maxBytes - 1 }))).toBe('TOO_LARGE');
  });

  it('is 8 MiB where nothing else is said', () => {
    const maxBytes = 8 * 1024 * 1024;
    const fill = 'x'.repeat(maxBytes - Buffer.byteLength(response('')));
    expect(decoded(fill)).toHaveLength(fill.length);
    expect(codeOf(() => decoded(`${fill}x`))).toBe('TOO_LARGE');
  });
});

describe('long documents', () => {
  it.each([
    ['references', '&#8364;', '€'],
    ['comments', '<!---->', ''],
    ['CDATA sections', '<![CDATA[x]]>', 'x'],
    ['line ends', '\r\n', '\n'],
    ['closing brackets', ']', ']'],
    ['ampersands', '&amp;', '&'],
  ])('of %s are read in one pass', (_, unit, meaning) => {
    const count = 200_000;
    expect(decoded(`<string>${unit.repeat(count)}</string>`)).toBe(meaning.repeat(count));
    expect(decoded(unit.repeat(count))).toBe(meaning.repeat(count));
  });

  it('of nothing but a beginning are given up', () => {
    for (const unit of [
      '&',
      '&#',
      '<',
      '<!',
      '<!-',
      '<!--',
      '<![CDATA[',
      '<?',
      '</',
      '<value',
      '<value ',
      "<value a='",
    ]) {
      expect(codeOf(() => decoded(unit.repeat(100_000)))).not.toBe('none');
      expect(codeOf(() => decodeCall(unit.repeat(100_000)))).not.toBe('none');
    }
  });

  it('of a million digits are no number, and quickly none', () => {
    for (const type of ['int', 'i8']) {
      expect(codeOf(() => decoded(`<${type}>${'9'.repeat(1_000_000)}</${type}>`))).toBe('BAD_VALUE');
      expect(decoded(`<${type}>${'0'.repeat(1_000_000)}</${type}>`)).toBe(0);
    }
    expect(codeOf(() => decoded(`<double>${'9'.repeat(1_000_000)}</double>`))).toBe('BAD_VALUE');
  });
});

describe('limits', () => {
  it.each([
    { maxDepth: 1001 },
    { maxDepth: -1 },
    { maxDepth: 1.5 },
    { maxDepth: NaN },
    { maxBytes: Infinity },
    { maxValues: -1 },
  ])('%j are refused', (limits) => {
    expect(() => decoded('1', limits)).toThrow(RpcUsageError);
  });
});
