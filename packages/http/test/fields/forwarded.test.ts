import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatForwarded,
  formatForwardedNode,
  parseForwarded,
  parseForwardedNode,
  parseXForwardedFor,
  type ForwardedElement,
  type ForwardedNode,
} from '@wirestack/http/fields';
import { isIpv4, isIpv6 } from '../../src/fields/ip-address.ts';
import { expectRefused, fieldText, lowerToken, nearly, unwritableTexts } from './text.ts';

const none: ReadonlyMap<string, string> = new Map();
const ip = (address: string, port?: number | string): ForwardedNode =>
  port === undefined ? { kind: 'ip', address } : { kind: 'ip', address, port };

const pseudonym = nearly('abZ09._-').map((text) => `_${text}x`);
const port = fc.option(fc.oneof(fc.integer({ min: 0, max: 65_535 }), pseudonym), { nil: undefined });
const node: fc.Arbitrary<ForwardedNode> = fc
  .tuple(
    fc.oneof(
      fc.oneof(fc.ipV4(), fc.ipV6()).map((address) => ({ kind: 'ip' as const, address })),
      pseudonym.map((name) => ({ kind: 'obfuscated' as const, name })),
      fc.constant({ kind: 'unknown' as const }),
    ),
    port,
  )
  .map(([one, number]) => (number === undefined ? one : { ...one, port: number }));

describe('parseForwarded', () => {
  it.each<[string, ForwardedElement[]]>([
    ['for="_gazonk"', [{ for: { kind: 'obfuscated', name: '_gazonk' }, extensions: none }]],
    ['For="[2001:db8:cafe::17]:4711"', [{ for: ip('2001:db8:cafe::17', 4711), extensions: none }]],
    [
      'for=192.0.2.60;proto=http;by=203.0.113.43',
      [{ for: ip('192.0.2.60'), by: ip('203.0.113.43'), proto: 'http', extensions: none }],
    ],
    [
      'for=192.0.2.43, for=198.51.100.17',
      [
        { for: ip('192.0.2.43'), extensions: none },
        { for: ip('198.51.100.17'), extensions: none },
      ],
    ],
    [
      'for=_hidden, for=_SEVKISEK',
      [
        { for: { kind: 'obfuscated', name: '_hidden' }, extensions: none },
        { for: { kind: 'obfuscated', name: '_SEVKISEK' }, extensions: none },
      ],
    ],
    [
      'for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown',
      [
        { for: ip('192.0.2.43'), extensions: none },
        { for: ip('2001:db8:cafe::17'), extensions: none },
        { for: { kind: 'unknown' }, extensions: none },
      ],
    ],
    [
      'for=192.0.2.43, for="[2001:db8:cafe::17]";host="Example.com:80" ; PROTO=HTTPS;secret="a;b, c"',
      [
        { for: ip('192.0.2.43'), extensions: none },
        {
          for: ip('2001:db8:cafe::17'),
          host: 'Example.com:80',
          proto: 'https',
          extensions: new Map([['secret', 'a;b, c']]),
        },
      ],
    ],
    ['', []],
    [' , ', []],
    [';', [{ extensions: none }]],
    ['for=unknown;', [{ for: { kind: 'unknown' }, extensions: none }]],
    ['__proto__=a', [{ extensions: new Map([['__proto__', 'a']]) }]],
  ])('of %j', (value, elements) => {
    expect(parseForwarded(value)).toEqual(elements);
  });

  it.each([
    'for',
    'for=',
    '=a',
    'for =a',
    'for= unknown',
    'for=192.0.2.43:4711',
    'for=[2001:db8::1]',
    'for="2001:db8::1"',
    'for=example.com',
    'for="a, for=192.0.2.1',
    'for=unknown for=unknown',
    'for=unknown;for=unknown',
    'for=unknown;FOR=unknown',
    'by=example.com',
    'host=""',
    'host="a b"',
    'host="a/b"',
    'host="a:x"',
    'host="user@a"',
    'proto=""',
    'proto="1http"',
    'proto="ht tp"',
    'proto="http://"',
    'for="\0"',
    'for=192.0.2.1, for=192.0.2.256',
  ])('refuses %j', (value) => {
    expect(parseForwarded(value)).toBeUndefined();
  });

  it('is what formatForwarded wrote', () => {
    const hosts = fc.constantFrom('example.com', 'EXAMPLE.com:8080', '[2001:db8::1]:443', '192.0.2.1', 'a_b');
    const element: fc.Arbitrary<ForwardedElement> = fc.record(
      {
        for: node,
        by: node,
        host: hosts,
        proto: fc.constantFrom('http', 'https', 'coap+tcp', 'x.y-z'),
        extensions: fc
          .uniqueArray(
            fc.tuple(
              lowerToken.map((name) => `x${name}`),
              fieldText,
            ),
            { selector: ([name]) => name, maxLength: 2 },
          )
          .map((pairs) => new Map(pairs)),
      },
      { requiredKeys: ['extensions'] },
    );
    const filled = element.filter(
      ({ extensions, ...rest }) => extensions.size > 0 || Object.keys(rest).length > 0,
    );
    fc.assert(
      fc.property(fc.array(filled), (elements) => {
        expect(parseForwarded(formatForwarded(elements))).toEqual(elements);
      }),
    );
  });
});

describe('formatForwarded', () => {
  it('quotes what is no token', () => {
    expect(
      formatForwarded([
        { for: ip('192.0.2.60'), by: ip('203.0.113.43', 80), proto: 'http' },
        { for: ip('2001:db8:cafe::17', '_p'), host: 'a:1', extensions: [['x', 'y z']] },
      ]),
    ).toBe('for=192.0.2.60;by="203.0.113.43:80";proto=http, for="[2001:db8:cafe::17]:_p";host="a:1";x="y z"');
  });

  it.each([...unwritableTexts, '', 'a b', 'a/b', 'a"b', 'a@b', '[::1', '%zz'])(
    'refuses %j for a host or scheme',
    (text) => {
      expectRefused(() => formatForwarded([{ host: text }]));
      expectRefused(() => formatForwarded([{ proto: text }]));
    },
  );

  it.each(unwritableTexts)('refuses %j in an extension', (text) => {
    expectRefused(() => formatForwarded([{ extensions: [['a', text]] }]));
    expectRefused(() => formatForwarded([{ extensions: [[text, 'a']] }]));
  });

  it('refuses elements that say nothing, and names that stand twice', () => {
    expectRefused(() => formatForwarded([{}]));
    expectRefused(() => formatForwarded([{ extensions: [['For', 'x']] }]));
    expectRefused(() =>
      formatForwarded([
        {
          extensions: [
            ['a', '1'],
            ['A', '2'],
          ],
        },
      ]),
    );
  });
});

describe('parseForwardedNode', () => {
  it.each<[string, ForwardedNode]>([
    ['192.0.2.43:47011', ip('192.0.2.43', 47_011)],
    ['[2001:db8:cafe::17]:47011', ip('2001:db8:cafe::17', 47_011)],
    ['[::]', ip('::')],
    ['192.0.2.43:_port', ip('192.0.2.43', '_port')],
    ['unknown', { kind: 'unknown' }],
    ['UNKNOWN:1', { kind: 'unknown', port: 1 }],
    ['_a.b-C_9', { kind: 'obfuscated', name: '_a.b-C_9' }],
    ['_a:00080', { kind: 'obfuscated', name: '_a', port: 80 }],
  ])('of %j', (text, expected) => {
    expect(parseForwardedNode(text)).toEqual(expected);
  });

  it.each([
    '',
    '_',
    ':80',
    'a',
    'localhost',
    '192.0.2',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2.1:000080',
    '192.0.2.1:8a',
    '192.0.2.1:_',
    '2001:db8::1',
    '[2001:db8::1',
    '2001:db8::1]',
    '[192.0.2.1]',
    '[::1]80',
    '[::1]]',
    '[::1%eth0]',
    '[]',
    '_a b',
    '_é',
    '192.0.2.1 ',
    ' unknown',
  ])('refuses %j', (text) => {
    expect(parseForwardedNode(text)).toBeUndefined();
  });

  it('is what formatForwardedNode wrote', () => {
    fc.assert(
      fc.property(node, (model) => {
        expect(parseForwardedNode(formatForwardedNode(model))).toEqual(model);
      }),
    );
  });

  it.each<ForwardedNode>([
    ip('example.com'),
    ip('192.0.2.1:80'),
    ip('::1]:80'),
    ip('_a'),
    ip('unknown'),
    ip('192.0.2.1', 65_536),
    ip('192.0.2.1', 1.5),
    ip('192.0.2.1', -1),
    ip('192.0.2.1', '80'),
    ip('192.0.2.1', ''),
    ip('192.0.2.1', '_\r\n'),
    { kind: 'obfuscated', name: 'a' },
    { kind: 'obfuscated', name: '_a:80' },
    { kind: 'obfuscated', name: '192.0.2.1' },
    { kind: 'obfuscated', name: '_a\r\nb' },
  ])('refuses to write %j', (model) => {
    expectRefused(() => formatForwardedNode(model));
  });
});

describe('parseXForwardedFor', () => {
  it('keeps the place of what is no address, so that hops can be counted from the end', () => {
    expect(parseXForwardedFor('<script>, 203.0.113.7, , 192.0.2.1')).toEqual([
      undefined,
      ip('203.0.113.7'),
      undefined,
      ip('192.0.2.1'),
    ]);
    expect(parseXForwardedFor('"a, 192.0.2.1')).toEqual([undefined, ip('192.0.2.1')]);
  });

  it('reads the spellings that proxies use', () => {
    expect(
      parseXForwardedFor('2001:db8::1, [2001:db8::2], [2001:db8::3]:80,192.0.2.1:80 ,unknown, 192.0.2.1'),
    ).toEqual([
      ip('2001:db8::1'),
      ip('2001:db8::2'),
      ip('2001:db8::3', 80),
      ip('192.0.2.1', 80),
      { kind: 'unknown' },
      ip('192.0.2.1'),
    ]);
  });

  it('is empty for an empty field', () => {
    expect(parseXForwardedFor('')).toEqual([]);
    expect(parseXForwardedFor(' \t')).toEqual([]);
  });

  it('has an entry for each part between commas', () => {
    fc.assert(
      fc.property(nearly('0123.,:[]_ af'), (value) => {
        expect(parseXForwardedFor(`${value},192.0.2.1`)).toHaveLength(value.split(',').length + 1);
        expect(parseXForwardedFor(`${value},192.0.2.1`).at(-1)).toEqual(ip('192.0.2.1'));
      }),
    );
  });
});

describe('addresses', () => {
  it.each([
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::8',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
    '::192.0.2.1',
    'ABCD:ef01::',
  ])('%s is IPv6', (text) => {
    expect(isIpv6(text)).toBe(true);
  });

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:::2',
    '12345::',
    '::1:',
    '::g',
    '1:2:3:4:5:6:7::8',
    '1:2:3:4:5:6:7:192.0.2.1',
    '::192.0.2',
    '::192.0.2.1:1',
    '192.0.2.1::',
    '::256.0.0.1',
    '::1%1',
    '[::1]',
    '::1 ',
  ])('%j is not', (text) => {
    expect(isIpv6(text)).toBe(false);
  });

  it('are what the platform takes for addresses', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nearly('0125.'),
          fc.ipV4(),
          fc.array(fc.nat(300), { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(isIpv4(text)).toBe(isIPv4(text));
        },
      ),
      { numRuns: 1000 },
    );
    const group = fc.constantFrom('', '', '0', '1', 'a0', 'ffff', 'FFFF0', '1.2.3.4');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV6(),
          fc.array(group, { maxLength: 10 }).map((groups) => groups.join(':')),
        ),
        (text) => {
          expect(isIpv6(text)).toBe(isIPv6(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
