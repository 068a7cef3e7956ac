import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../../src/message/index.ts';
import { mixCase } from '../../src/resolver/mixed-case.ts';

describe('mixCase', () => {
  it('turns letters round, and nothing else', () => {
    expect(String(mixCase(Name.parse('a-z.A@Z[`{1.\\255'), () => 1))).toBe(
      String(Name.parse('A-Z.a@z[`{1.\\255')),
    );
    expect(String(mixCase(Name.parse('aB.c'), () => 0))).toBe('aB.c.');
  });

  it('makes an equal name', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 5 }), fc.infiniteStream(fc.nat(1)), (labels, bits) => {
        const name = Name.fromLabels(labels);
        expect(mixCase(name, () => bits.next().value as number).equals(name)).toBe(true);
      }),
    );
  });
});
