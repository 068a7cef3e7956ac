import { describe, expect, it } from 'vitest';
import { decodeCall, decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { codeOf, decoded, response } from './documents.ts';

const call = '<methodCall><methodName>a</methodName></methodCall>';

describe('the prolog', () => {
  it.each([
    '',
    '<?xml version="1.0"?>',
    "<?xml version='1.0'?>\r\n",
    "<?xml  version = '1.1'\tencoding = 'UTF-8' standalone='yes' ?>",
    '<?xml version="1.0" encoding="us-ascii"?>',
    '\ufeff',
    '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<!-- a comment -->\n',
    ' \n',
  ])('may be %j', (prolog) => {
    expect(decodeCall(Buffer.from(prolog + call))).toEqual({ method: 'a', params: [] });
  });

  it.each([
    ['<?xml?>', 'NOT_XML'],
    ['<?xml version="2.0"?>', 'NOT_XML'],
    ['<?xml encoding="utf-8"?>', 'NOT_XML'],
    ['<?xml version="1.0" encoding="utf-8"', 'NOT_XML'],
    ['<?xml version="1.0" standalone="yes" encoding="utf-8"?>', 'NOT_XML'],
    ['<?xml version="1.0" encoding="utf-16"?>', 'UNSUPPORTED'],
    ['<?xml version="1.0" encoding="windows-1252"?>', 'UNSUPPORTED'],
    ['<?xml version="1.0" encoding="constructor"?>', 'UNSUPPORTED'],
    [' <?xml version="1.0"?>', 'UNSUPPORTED'],
    ['<?xml version="1.0"?><?xml version="1.0"?>', 'UNSUPPORTED'],
    ['<?xml-stylesheet href="file:///etc/passwd"?>', 'UNSUPPORTED'],
    ['<!DOCTYPE methodCall>', 'DOCTYPE'],
    ['<!doctype html>', 'NOT_XML'],
    ['<?x?>', 'UNSUPPORTED'],
    ['<!ELEMENT a ANY>', 'NOT_XML'],
    ['\0', 'NOT_XML'],
    ['<![CDATA[]]>', 'NOT_XML'],
  ])('may not be %j: %s', (prolog, code) => {
    // Long enough that a declaration without end is not one cut short.
    expect(codeOf(() => decodeCall(Buffer.from(prolog + call + ' '.repeat(300))))).toBe(code);
  });
});

describe('encodings', () => {
  const document = (encoding: string, text: string): string =>
    `<?xml version="1.0" encoding="${encoding}"?>${response(text).slice(21)}`;

  it('UTF-8 is what a document has that says nothing', () => {
    expect(decodeResponse(Buffer.from(response('größe')))).toBe('größe');
  });

  it('ISO-8859-1 is read as it is, character references beyond it included', () => {
    const bytes = Buffer.from(document('ISO-8859-1', 'gr\xf6\xdfe &#8364; \x80'), 'latin1');
    expect(decodeResponse(bytes)).toBe('größe € \x80');
  });

  it('US-ASCII has no other bytes', () => {
    expect(decodeResponse(Buffer.from(document('us-ascii', 'gr&#246;&#223;e')))).toBe('größe');
    expect(codeOf(() => decodeResponse(Buffer.from(document('us-ascii', 'größe'))))).toBe('NOT_XML');
  });

  it('do not matter where the document is text already', () => {
    for (const encoding of ['utf-8', 'us-ascii', 'iso-8859-1']) {
      expect(decodeResponse(document(encoding, 'größe €'))).toBe('größe €');
    }
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a character that is cut short', [0xe2, 0x82]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['Latin-1', [0xf6]],
  ])('UTF-8 with %s is refused', (_, bytes) => {
    const [before, after] = response('|').split('|') as [string, string];
    const document = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    expect(codeOf(() => decodeResponse(document))).toBe('NOT_XML');
  });

  it('UTF-16 is refused, with and without a mark', () => {
    for (const mark of ['', '\ufeff']) {
      const little = Buffer.from(mark + call, 'utf16le');
      expect(codeOf(() => decodeCall(little))).toMatch(/^(UNSUPPORTED|NOT_XML)$/);
      expect(codeOf(() => decodeCall(little.swap16()))).toMatch(/^(UNSUPPORTED|NOT_XML)$/);
    }
  });

  it('that contradict the byte order mark are refused', () => {
    const bytes = Buffer.from(`\ufeff${document('iso-8859-1', 'a')}`);
    expect(codeOf(() => decodeResponse(bytes))).toBe('UNSUPPORTED');
  });

  it('text with half a surrogate pair is refused', () => {
    expect(codeOf(() => decodeResponse(response('a\ud800b')))).toBe('NOT_XML');
  });
});

describe('markup', () => {
  it('may have blanks, comments and attributes wherever XML allows them', () => {
    const document = `<?xml version="1.0"?><!-- 1 -->
      <methodCall  xmlns:ex = 'http://ws.apache.org/xmlrpc/namespaces/extensions' a="<!-- ' -->".
      >`;
    // A dot is no attribute, and < no part of one.
    expect(codeOf(() => decodeCall(document))).toBe('NOT_XML');
    expect(
      decodeCall(`<!-- 1 --><methodCall
          xmlns:ex = 'http://ws.apache.org/xmlrpc/namespaces/extensions' a="'>" ><!-- 2 -->
        <methodName >a</methodName\t><!----><params a=""
        ><param> <value  > <ex:i8 >5</ex:i8 > </value > </param><!-- <param> --></params></methodCall
        ><!-- 3 -->`),
    ).toEqual({ method: 'a', params: [5] });
  });

  it.each([
    ['<int>5</string>', 'NOT_XML'],
    ['<int>5</int ', 'NOT_XML'],
    ['<int>5</ int>', 'NOT_XML'],
    ['<int>5</>', 'NOT_XML'],
    ['<int>5</ex:int>', 'NOT_XML'],
    ['< int>5</int>', 'NOT_XML'],
    ['<int a>5</int>', 'NOT_XML'],
    ['<int a=5>5</int>', 'NOT_XML'],
    ['<int a="1"b="2">5</int>', 'NOT_XML'],
    ['<int / >5</int>', 'NOT_XML'],
    ['<int!>5</int>', 'NOT_XML'],
    ['<1nt>5</1nt>', 'NOT_XML'],
    ['a & b', 'NOT_XML'],
    ['a < b', 'NOT_XML'],
    ['a ]]> b', 'NOT_XML'],
    ['<!-- a -- b -->', 'NOT_XML'],
    ['<!-- a --->', 'NOT_XML'],
    ['<!-- \u0001 -->a', 'NOT_XML'],
    ['<![CDATA[\u0001]]>', 'NOT_XML'],
    ['<![cdata[a]]>', 'NOT_XML'],
    ['a<?php echo 1 ?>', 'UNSUPPORTED'],
    ['a<!DOCTYPE x>', 'DOCTYPE'],
    ['<integer>5</integer>', 'BAD_VALUE'],
    ['<Int>5</Int>', 'BAD_VALUE'],
    ['<constructor>5</constructor>', 'BAD_VALUE'],
    ['<value>5</value>', 'BAD_VALUE'],
    ['<ex:ex:i4>5</ex:ex:i4>', 'BAD_VALUE'],
    ['a<int>5</int>', 'BAD_STRUCTURE'],
    ['<int>5</int>a', 'BAD_STRUCTURE'],
    ['<int>5</int><int>6</int>', 'BAD_STRUCTURE'],
    ['<int><int>5</int></int>', 'BAD_STRUCTURE'],
    ['<string><b>x</b></string>', 'BAD_STRUCTURE'],
    ['<array/>', 'BAD_STRUCTURE'],
    ['<array></array>', 'BAD_STRUCTURE'],
    ['<array><value/></array>', 'BAD_STRUCTURE'],
    ['<array><data/><data/></array>', 'BAD_STRUCTURE'],
    ['<array><data>1</data></array>', 'BAD_STRUCTURE'],
    ['<array><data><![CDATA[ ]]></data></array>', 'BAD_STRUCTURE'],
    ['<struct><name>a</name></struct>', 'BAD_STRUCTURE'],
    ['<struct><member/></struct>', 'BAD_STRUCTURE'],
    ['<struct><member/><name>a</name><value/></member></struct>', 'BAD_STRUCTURE'],
    ['<struct><member><name/><value/></member></struct>', 'BAD_STRUCTURE'],
    ['<struct><member><name>a</name></member></struct>', 'BAD_STRUCTURE'],
    ['<struct><member><value/><name>a</name></member></struct>', 'BAD_STRUCTURE'],
    ['<struct><member><name>a</name><value/><value/></member></struct>', 'BAD_STRUCTURE'],
    ['<struct><member><name>a<b/></name><value/></member></struct>', 'BAD_STRUCTURE'],
  ])('%j is %s', (markup, code) => {
    expect(codeOf(() => decoded(markup))).toBe(code);
  });

  it.each([
    '&foo;',
    '&nbsp;',
    '&#0;',
    '&#8;',
    '&#x1F;',
    '&#xD800;',
    '&#xDFFF;',
    '&#xFFFE;',
    '&#xFFFF;',
    '&#x110000;',
    '&#99999999999999999999;',
    '&#;',
    '&#x;',
    '&#X41;',
    '&#-65;',
    '&# 65;',
    '&;',
    '&amp ;',
    '&AMP;',
    '&toString;',
    `&#${'0'.repeat(30)}65;`,
    '&lt',
  ])('the reference %s is refused', (reference) => {
    expect(codeOf(() => decoded(`<string>${reference}</string>`))).toBe('NOT_XML');
  });

  it('no character that XML forbids comes in, whatever stands around it', () => {
    for (const code of [...Array(32).keys()]
      .filter((code) => ![9, 10, 13].includes(code))
      .concat(0xfffe, 0xffff)) {
      const character = String.fromCharCode(code);
      for (const text of [
        character,
        `a${character}`,
        `&amp;${character}b`,
        `<![CDATA[${character}]]>`,
        `ü${character}`,
      ]) {
        expect(codeOf(() => decoded(`<string>${text}</string>`))).toBe('NOT_XML');
        expect(codeOf(() => decoded(text))).toBe('NOT_XML');
      }
      const member = `<struct><member><name>${character}</name><value/></member></struct>`;
      expect(codeOf(() => decoded(member))).toBe('NOT_XML');
    }
  });
});
