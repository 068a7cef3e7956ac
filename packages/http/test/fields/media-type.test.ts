import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMediaType, parseMediaType } from '@wirestack/http/fields';
import { expectRefused, lowerToken, parameters, unwritableTexts } from './text.ts';

describe('parseMediaType', () => {
  it.each([
    'text/html;charset=utf-8',
    'Text/HTML;Charset="utf-8"',
    'text/html; charset="utf-8"',
    ' text/html;charset=utf-8\t',
  ])('reads %j as the example of RFC 9110 8.3.1 says', (value) => {
    expect(parseMediaType(value)).toEqual({
      type: 'text',
      subtype: 'html',
      essence: 'text/html',
      parameters: new Map([['charset', 'utf-8']]),
    });
  });

  it('keeps the case of values, which may matter', () => {
    const boundary = parseMediaType('multipart/form-data; boundary="----WebKit (X)"')?.parameters.get(
      'boundary',
    );
    expect(boundary).toBe('----WebKit (X)');
  });

  it('reads structured suffixes and vendor trees', () => {
    expect(parseMediaType('application/vnd.api+json')?.subtype).toBe('vnd.api+json');
  });

  it.each([
    '',
    'text',
    'text/',
    '/html',
    'text /html',
    'text/ html',
    'text/html charset=utf-8',
    'text/html; charset',
    'text/html; charset=',
    'text/html; charset = utf-8',
    'text/html; charset="utf-8',
    'text/html; charset=utf-8; charset=utf-16',
    'text/html; charset=utf-8; Charset=utf-8',
    'text/html, application/json',
    'text/html; a=b, c',
    'text/html/xml',
    '*/*',
    'text/*',
    '*/html',
    'tëxt/html',
    'text/html\0',
  ])('refuses %j', (value) => {
    expect(parseMediaType(value)).toBeUndefined();
  });

  it('is what formatMediaType wrote', () => {
    const name = lowerToken.filter((text) => text !== '*');
    fc.assert(
      fc.property(name, name, parameters, (type, subtype, model) => {
        const value = formatMediaType({ type, subtype, parameters: model });
        expect(parseMediaType(value)).toEqual({
          type,
          subtype,
          essence: `${type}/${subtype}`,
          parameters: model,
        });
      }),
    );
  });
});

describe('formatMediaType', () => {
  it('quotes where it must', () => {
    expect(formatMediaType({ type: 'text', subtype: 'html' })).toBe('text/html');
    expect(
      formatMediaType({
        type: 'a',
        subtype: 'b',
        parameters: [
          ['c', 'd'],
          ['e', '"f"'],
        ],
      }),
    ).toBe('a/b; c=d; e="\\"f\\""');
  });

  it.each([...unwritableTexts, '', 'a b', 'a/b', '*', 'é'])('refuses %j for a type or subtype', (text) => {
    expectRefused(() => formatMediaType({ type: text, subtype: 'html' }));
    expectRefused(() => formatMediaType({ type: 'text', subtype: text }));
  });

  it.each(unwritableTexts)('refuses %j in a parameter', (text) => {
    expectRefused(() => formatMediaType({ type: 'text', subtype: 'html', parameters: [['charset', text]] }));
    expectRefused(() => formatMediaType({ type: 'text', subtype: 'html', parameters: [[text, 'utf-8']] }));
  });
});
