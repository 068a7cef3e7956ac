import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../../src/name.ts';
import { ZoneTable } from '../../src/server/zone-table.ts';
import { Zone } from '../../src/zone/zone.ts';

/** Zones are made once: a thousand tables are made of them. */
const zones = new Map<string, Zone>();
function zoneOf(origin: string): Zone {
  let zone = zones.get(origin);
  if (zone === undefined) {
    zone = Zone.fromText('$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns', { origin });
    zones.set(origin, zone);
  }
  return zone;
}

function nameOf(labels: readonly string[]): string {
  return `${labels.join('.')}.`;
}

const label = fc.constantFrom('a', 'b', 'ab', 'B');
const origin = fc.array(label, { maxLength: 4 }).map(nameOf);
const asked = fc.array(label, { maxLength: 6 }).map(nameOf);

/** What RFC 1034 4.3.2 step 2 says, and no more. */
function nearest(origins: readonly string[], name: string): string | undefined {
  const labels = name === '.' ? [] : name.toLowerCase().slice(0, -1).split('.');
  for (let skip = 0; skip <= labels.length; skip++) {
    const found = origins.find((each) => each.toLowerCase() === nameOf(labels.slice(skip)));
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('the zone with the longest name that a name is within', () => {
  it.each([
    ['a few', 1, 16],
    ['many', 17, 60],
  ])('is found among %s', (_, minLength, maxLength) => {
    const origins = fc.uniqueArray(origin, { minLength, maxLength, selector: (each) => each.toLowerCase() });
    const property = fc.property(origins, asked, (some, name) => {
      const found = new ZoneTable(some.map(zoneOf)).find(Name.parse(name), 'A');
      expect(found?.origin.toString()).toBe(nearest(some, name));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it.each([1, 20])('for DS is the one above that of the name itself, beside %i others', (count) => {
    const others = Array.from({ length: count }, (_, index) => zoneOf(`other${String(index)}.`));
    const table = new ZoneTable([...others, zoneOf('example.'), zoneOf('child.example.')]);
    const found = (name: string): string | undefined => table.find(Name.parse(name), 'DS')?.origin.toString();
    expect(found('child.example.')).toBe('example.');
    expect(found('www.child.example.')).toBe('child.example.');
    expect(found('example.')).toBe('example.');
    expect(found('nothing.')).toBeUndefined();
  });
});
