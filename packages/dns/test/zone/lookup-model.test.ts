import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Name } from '../../src/name.ts';
import { parseRecord } from '../../src/records/presentation/record-text.ts';
import type { RecordType, ResourceRecord } from '../../src/records/record.ts';
import type { Lookup } from '../../src/zone/lookup.ts';
import { ZoneError } from '../../src/zone/zone-error.ts';
import { Zone } from '../../src/zone/zone.ts';
import { lines } from './text.ts';

const origin = Name.parse('z');
const types = ['A', 'TXT', 'NS', 'CNAME', 'DNAME', 'DS'] as const;

const relative = fc
  .array(fc.constantFrom('a', 'b', 'c', '*'), { maxLength: 4 })
  .map((labels) => [...labels, 'z.'].join('.'));
const target = fc.oneof(relative, fc.constant('out.'));

const record: fc.Arbitrary<ResourceRecord> = fc
  .tuple(relative, fc.constantFrom(...types), target)
  .map(([owner, type, to]) => {
    const data: Record<(typeof types)[number], string> = {
      A: '192.0.2.1',
      TXT: `"${owner}"`,
      NS: to,
      CNAME: to,
      DNAME: to,
      DS: '1 8 2 AA',
    };
    return parseRecord(`${owner} 1 ${type} ${data[type]}`);
  });

const apex = [parseRecord('z. 1 SOA a. b. 1 2 3 4 5'), parseRecord('z. 1 NS out.')];

/** What is found, in words: kind, records, names. */
function inWords(found: Lookup): string {
  if (found.kind === 'answer')
    return ['answer', ...lines(found.records), found.next?.toString() ?? ''].join('\n');
  if (found.kind === 'not-in-zone') return found.kind;
  const more = found.kind === 'delegation' ? [found.cut.toString()] : [];
  return [found.kind, ...lines(found.aliases), ...more].join('\n');
}

/** RFC 1034 4.3.2 step 3, label by label from the apex down, each time through all records. */
function model(
  records: readonly ResourceRecord[],
  name: Name,
  type: RecordType,
  aliases: string[] = [],
  seen: string[] = [],
): string {
  const at = (owner: Name, wanted: RecordType): ResourceRecord[] =>
    records.filter((found) => found.name.equals(owner) && found.type === wanted);
  const exists = (owner: Name): boolean => records.some((found) => found.name.isWithin(owner));
  const goOn = (to: Name): string => {
    const followed = [...seen, name.key];
    if (!to.isWithin(origin)) return ['answer', ...aliases, to.toString()].join('\n');
    if (followed.includes(to.key) || followed.length === 16) return ['answer', ...aliases, ''].join('\n');
    return model(records, to, type, aliases, followed);
  };
  let source = name;
  for (let depth = origin.labelCount; depth <= name.labelCount; depth++) {
    const node = name.ancestor(depth);
    const isWhole = depth === name.labelCount;
    if (!exists(node)) {
      source = name.ancestor(depth - 1).child('*');
      if (!exists(source)) return ['name-error', ...aliases].join('\n');
      break;
    }
    if (depth > origin.labelCount && at(node, 'NS').length > 0 && !(isWhole && type === 'DS')) {
      return ['delegation', ...aliases, node.toString()].join('\n');
    }
    const [dname] = isWhole ? [] : at(node, 'DNAME');
    if (dname?.type === 'DNAME') {
      const kept = name.labels.slice(0, name.labelCount - depth);
      const to = Name.fromLabels([...kept, ...dname.data.target]);
      const [line] = lines([dname]) as [string];
      if (!aliases.includes(line)) aliases.push(line);
      aliases.push(`${name.toString()} 1 CNAME ${to.toString()}`);
      return type === 'CNAME' ? ['answer', ...aliases, ''].join('\n') : goOn(to);
    }
  }
  const found = at(source, type);
  const own = (list: readonly ResourceRecord[]): string[] => lines(list.map((each) => ({ ...each, name })));
  if (found.length > 0) return ['answer', ...aliases, ...own(found), ''].join('\n');
  const [cname] = at(source, 'CNAME');
  if (cname?.type !== 'CNAME') return ['no-data', ...aliases].join('\n');
  aliases.push(...own([cname]));
  return goOn(cname.data.target);
}

it('finds in any zone what the algorithm of RFC 1034 4.3.2 does', () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 12 }),
      fc.array(fc.tuple(relative, fc.constantFrom<RecordType>(...types, 'MX')), {
        minLength: 5,
        maxLength: 15,
      }),
      (drawn, questions) => {
        // Records that the zone would refuse beside the others are left out.
        const records = drawn.reduce<ResourceRecord[]>((kept, each) => {
          try {
            return [...new Zone(origin, [...kept, each]).records()];
          } catch (error) {
            expect(error).toBeInstanceOf(ZoneError);
            return kept;
          }
        }, apex);
        const zone = new Zone(origin, records);
        for (const [name, type] of questions) {
          const found = zone.lookup(name, type);
          kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
          expect(inWords(found)).toBe(model(records, Name.parse(name), type));
        }
      },
    ),
    { numRuns: 500 },
  );
  for (const kind of ['answer', 'no-data', 'name-error', 'delegation']) {
    expect(kinds.get(kind) ?? 0).toBeGreaterThan(50);
  }
});
