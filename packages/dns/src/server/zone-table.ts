import { DnsUsageError } from '../errors.ts';
import type { Question } from '../message/message.ts';
import type { Name } from '../name.ts';
import { keyAbove } from '../zone/tree.ts';
import type { Zone } from '../zone/zone.ts';

/** Up to so many zones are compared with a name one by one, 0.02 µs each: a key of the upper part of a name, made and hashed, takes 0.4. */
const fewZones = 16;

/** The zones of a server, by name. */
export class ZoneTable {
  readonly #zones = new Map<string, Zone>();
  /** Those of the longest names first: of two that a name is within, the longer is found. */
  readonly #byLength: readonly Zone[];
  /** How many labels the names of zones have, each number once, the greatest first. */
  readonly #depths: readonly number[];

  /** @throws DnsUsageError `BAD_ARGUMENT` for two zones of one name, and for one of another class than IN. */
  constructor(zones: Iterable<Zone>) {
    for (const zone of zones) {
      const name = zone.origin.toString();
      if (zone.class !== 'IN')
        throw new DnsUsageError('BAD_ARGUMENT', `zone ${name} is of class ${zone.class}`);
      if (this.#zones.has(zone.origin.key)) throw new DnsUsageError('BAD_ARGUMENT', `two zones ${name}`);
      this.#zones.set(zone.origin.key, zone);
    }
    const all = [...this.#zones.values()];
    this.#byLength = all.toSorted((one, other) => other.origin.byteLength - one.origin.byteLength);
    const depths = new Set(all.map(({ origin }) => origin.labelCount));
    this.#depths = [...depths].sort((one, other) => other - one);
  }

  /** DS records of a zone stand in the one above it: that answers where it is here (RFC 4035 3.1.4.1). */
  find(name: Name, type: Question['type']): Zone | undefined {
    const zone = this.#within(name);
    if (type !== 'DS' || zone?.origin.equals(name) !== true) return zone;
    const above = name.parent();
    return (above && this.#within(above)) ?? zone;
  }

  /** The zone with the longest name that `name` is within. */
  #within(name: Name): Zone | undefined {
    if (this.#byLength.length > fewZones) return this.#lookUp(name);
    for (const zone of this.#byLength) if (name.isWithin(zone.origin)) return zone;
    return undefined;
  }

  #lookUp(name: Name): Zone | undefined {
    const { labelCount } = name;
    for (const depth of this.#depths) {
      if (depth > labelCount) continue;
      const zone = this.#zones.get(keyAbove(name.key, labelCount - depth));
      if (zone !== undefined) return zone;
    }
    return undefined;
  }
}
