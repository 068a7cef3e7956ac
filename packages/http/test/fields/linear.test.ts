import { describe, expect, it } from 'vitest';
import * as fields from '@wirestack/http/fields';
import { longShapes } from './text.ts';
import { isIpv4, isIpv6 } from '../../src/fields/ip-address.ts';

/** Every way to read a field. */
const parsers: [name: string, parse: (value: string) => unknown][] = [
  ['parseHttpDate', fields.parseHttpDate],
  ['parseList', fields.parseList],
  ['parseQuotedString', fields.parseQuotedString],
  ['parseParameters', fields.parseParameters],
  ['parseMediaType', fields.parseMediaType],
  ['parseWeighted', fields.parseWeighted],
  ['parseAccept', fields.parseAccept],
  ['parseEntityTag', fields.parseEntityTag],
  ['parseIfMatch', fields.parseIfMatch],
  ['parseIfRange', fields.parseIfRange],
  ['parseRange', (value) => fields.parseRange(`bytes=${value}`, { maxRanges: 100_000 })],
  ['parseContentRange', (value) => fields.parseContentRange(`bytes ${value}`)],
  ['parseCacheControl', fields.parseCacheControl],
  ['parseContentDisposition', fields.parseContentDisposition],
  ['parseExtendedValue', (value) => fields.parseExtendedValue(`UTF-8''${value}`)],
  ['parseCookies', fields.parseCookies],
  ['parseForwarded', fields.parseForwarded],
  ['parseForwardedNode', fields.parseForwardedNode],
  ['parseXForwardedFor', fields.parseXForwardedFor],
  ['isIpv4', isIpv4],
  ['isIpv6', isIpv6],
  ['parseStructuredList', fields.parseStructuredList],
  ['parseStructuredDictionary', fields.parseStructuredDictionary],
  ['parseStructuredItem', fields.parseStructuredItem],
];

/** Where the shape can begin: in the middle of a value, so that it is read rather than refused at its first character. */
const beginnings = ['', 'a', '"', 'a="', 'a/b;c="', 'a;b="', "a;filename*=UTF-8''", '(', ':', '%"', '"a", '];

describe.each(parsers)('%s', (_, parse) => {
  it('looks at each character a few times at most, however the value is made', () => {
    for (const shape of longShapes) {
      for (const beginning of beginnings) {
        const value = beginning + shape;
        const steps = countLooks(() => parse(value));
        expect(steps).toBeLessThanOrEqual(8 * value.length);
      }
    }
  });

  it('looks at a value at all', () => {
    expect(countLooks(() => parse('a="b\\"c", d;e=f'))).toBeGreaterThan(0);
  });
});

/** How often characters were looked at, one by one or in a search. */
function countLooks(run: () => unknown): number {
  const prototype = String.prototype;
  const { charCodeAt, indexOf } = prototype;
  let looks = 0;
  prototype.charCodeAt = function (this: string, at: number): number {
    looks++;
    return charCodeAt.call(this, at);
  };
  prototype.indexOf = function (this: string, wanted: string, from = 0): number {
    const found = indexOf.call(this, wanted, from);
    looks += (found < 0 ? this.length : found) - from;
    return found;
  };
  try {
    run();
    return looks;
  } finally {
    Object.assign(prototype, { charCodeAt, indexOf });
  }
}
