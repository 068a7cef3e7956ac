import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges, type Challenge } from '../../../src/client/interceptors/index.ts';
import { formatQuotedString, formatList } from '../../../src/fields/index.ts';
import { fieldText, longShapes, lowerToken, nearly, token } from '../../fields/text.ts';

/** As an object, for reading: tests have no `__proto__` among these. */
const shown = (challenges: Challenge[] | undefined) =>
  challenges?.map(({ scheme, token68, parameters }) => [scheme, token68 ?? Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each([
    ['', []],
    [' , ,', []],
    ['Basic realm="simple"', [['basic', { realm: 'simple' }]]],
    // RFC 9110 11.6.1.
    [
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
        ['basic', { realm: 'simple' }],
      ],
    ],
    ['Negotiate', [['negotiate', {}]]],
    [
      'Negotiate, NTLM',
      [
        ['negotiate', {}],
        ['ntlm', {}],
      ],
    ],
    [
      'Negotiate,NTLM , Basic realm=x',
      [
        ['negotiate', {}],
        ['ntlm', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['Negotiate a87421000492aa874209af8bc028==', [['negotiate', 'a87421000492aa874209af8bc028==']]],
    [
      'Negotiate YII=, Basic realm="a, b"',
      [
        ['negotiate', 'YII='],
        ['basic', { realm: 'a, b' }],
      ],
    ],
    [
      'Basic realm="x", Negotiate YII=',
      [
        ['basic', { realm: 'x' }],
        ['negotiate', 'YII='],
      ],
    ],
    ['Basic realm = "x" ,\tcharset\t=\tUTF-8', [['basic', { realm: 'x', charset: 'UTF-8' }]]],
    ['Basic REALM="x",,, ', [['basic', { realm: 'x' }]]],
    ['Basic   realm="x"', [['basic', { realm: 'x' }]]],
    [
      'Digest qop="auth, auth-int", Basic',
      [
        ['digest', { qop: 'auth, auth-int' }],
        ['basic', {}],
      ],
    ],
    ['Basic realm=""', [['basic', { realm: '' }]]],
    ['Basic realm="\xe9"', [['basic', { realm: '\xe9' }]]],
    [
      'Bearer error="x", Bearer error="y"',
      [
        ['bearer', { error: 'x' }],
        ['bearer', { error: 'y' }],
      ],
    ],
    ['Basic ', [['basic', {}]]],
    ['Basic x', [['basic', 'x']]],
  ])('of %j is %j', (value, challenges) => {
    expect(shown(parseChallenges(value))).toEqual(challenges);
  });

  it.each([
    'realm="x"',
    '"Basic"',
    'Basic "x"',
    'Basic realm="x',
    'Basic realm="x\\',
    'Basic realm="x"y',
    'Basic realm="x" y=z',
    'Basic realm="x"; y=z',
    'Basic realm=x y',
    'Basic =x',
    'Basic realm="x", realm="y"',
    'Basic realm="x", REALM="y"',
    'Basic realm="x", =y',
    'Basic realm="x", y=',
    'Basic a b',
    'Basic\trealm="x"',
    'Basic/1 x',
    'Basic realm="\x01"',
    'Négotiate',
  ])('of %j is nothing', (value) => {
    expect(parseChallenges(value)).toBeUndefined();
  });

  it('keeps names that make trouble for objects', () => {
    const [challenge] = parseChallenges('x __proto__="a", constructor=b')!;
    expect(Array.from(challenge!.parameters)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('reads what was written, in any order', () => {
    const scheme = token.map((text) => text.toLowerCase());
    const parameters = fc
      .uniqueArray(fc.tuple(lowerToken, fieldText), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 4,
      })
      .map((pairs) => new Map(pairs));
    const token68 = fc.stringMatching(/^[\w.~+/-]+=*$/);
    const challenge = fc.oneof(
      fc.record({ scheme, token68: fc.constant(undefined), parameters }),
      fc.record({ scheme, token68, parameters: fc.constant(new Map<string, string>()) }),
      fc.record({
        scheme,
        token68: fc.constant(undefined),
        parameters: fc.constant(new Map<string, string>()),
      }),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        expect(parseChallenges(challenges.map(written).join(', '))).toEqual(challenges);
      }),
    );
  });

  it('never reads past what it understood: what it gives, written again, is read the same', () => {
    fc.assert(
      fc.property(nearly('aA=", \t\\1+/'), (value) => {
        const challenges = parseChallenges(value);
        if (challenges !== undefined)
          expect(parseChallenges(challenges.map(written).join(','))).toEqual(challenges);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads long shapes of any kind, each to an end', () => {
    for (const shape of longShapes) {
      for (const value of [shape, `Basic ${shape}`, `Basic a=b,${shape}`]) {
        const challenges = parseChallenges(value);
        expect(challenges === undefined || Array.isArray(challenges)).toBe(true);
      }
    }
  });
});

function written({ scheme, token68, parameters }: Challenge): string {
  if (token68 !== undefined) return `${scheme} ${token68}`;
  const pairs = Array.from(parameters, ([name, value]) => `${name}=${formatQuotedString(value)}`);
  return `${scheme} ${formatList(pairs)}`.trimEnd();
}
