import { Name } from '../name.ts';
import type { RecordOf, RecordType, ResourceRecord, SoaData, TargetData } from '../records/record.ts';
import type { Denial } from './denial.ts';
import type { Lookup } from './lookup.ts';
import { none, withOwner, type RecordSet } from './record-set.ts';
import { keyAbove, setAt, type Node, type Tree } from './tree.ts';

/** What answers are made of. */
export interface ZoneData {
  readonly origin: Name;
  readonly tree: Tree;
  /** Labels of the longest name. */
  readonly depth: number;
  /** As negative answers have it, and its signatures. */
  readonly soa: RecordOf<'SOA', SoaData>;
  readonly soaSignatures: readonly ResourceRecord[];
  readonly denial: Denial;
}

/**
 * How many aliases are followed. BIND follows 11; a longer chain is answered as far as it was followed, and who asked may
 * go on from there.
 */
const maxAliases = 16;

/** Answers one question about a name in the zone (RFC 1034 4.3.2, from step 3 on). */
export class Walk {
  readonly #zone: ZoneData;
  readonly #type: RecordType | 'ANY';
  readonly #dnssec: boolean;
  /** The records of the aliases followed so far. */
  #aliases: ResourceRecord[] | undefined;
  #followed = 0;
  #proof: readonly ResourceRecord[] = none;
  #isWildcard = false;

  constructor(zone: ZoneData, type: RecordType | 'ANY', dnssec: boolean) {
    this.#zone = zone;
    this.#type = type;
    this.#dnssec = dnssec;
    this.#aliases = undefined;
  }

  run(asked: Name): Lookup {
    for (let name = asked; ;) {
      const step = this.#step(name);
      if (!(step instanceof Name)) return step;
      name = step;
    }
  }

  /** The end, or the name that an alias leads to. */
  #step(name: Name): Lookup | Name {
    const node = closest(this.#zone, name);
    const isFound = node.name.byteLength === name.byteLength;
    // Of the records at a cut, DS is the one that is this zone's and not the child's (RFC 4035 3.1.4.1).
    if (node.cut !== undefined && !(this.#type === 'DS' && isFound && node.cut === node)) {
      return this.#delegate(node.cut);
    }
    if (isFound) return this.#found(name, node);
    if (node.redirect !== undefined) return this.#redirect(name, node.redirect);
    if (node.wildcard !== undefined) return this.#found(name, node.wildcard, node.wildcard);
    return this.#missing(name, node);
  }

  #found(name: Name, node: Node, wildcard?: Node): Lookup | Name {
    const set = this.#type === 'ANY' ? node.any : setAt(node, this.#type);
    const alias = set === undefined ? setAt(node, 'CNAME') : undefined;
    const match = set ?? alias;
    if (wildcard !== undefined) {
      this.#isWildcard = true;
      if (this.#dnssec) {
        this.#prove(this.#zone.denial.ofCloser(name, match === undefined ? wildcard : undefined));
      }
    }
    if (match === undefined) return this.#withoutData(wildcard === undefined ? node : undefined);
    const answer = this.#dnssec ? match.signedAnswer : match.answer;
    if (match === set && wildcard === undefined && this.#aliases === undefined) return answer;
    const records = wildcard === undefined ? answer.records : withOwner(answer.records, name);
    if (match === set) return this.#end(this.#aliases?.concat(records) ?? records);
    this.#addAliases(records);
    return this.#goOn((match.answer.records[0] as RecordOf<'CNAME', TargetData>).data.target);
  }

  /** DNAME: the end of the name is exchanged, and a CNAME record says so to those that know no DNAME (RFC 6672 3.1). */
  #redirect(name: Name, node: Node): Lookup | Name {
    const set = setAt(node, 'DNAME') as RecordSet;
    const [record] = set.answer.records as readonly [RecordOf<'DNAME', TargetData>];
    if (this.#aliases?.includes(record) !== true) {
      this.#addAliases((this.#dnssec ? set.signedAnswer : set.answer).records);
    }
    const { target: suffix } = record.data;
    if (name.byteLength - node.name.byteLength + suffix.byteLength > 255) {
      return { kind: 'name-too-long', aliases: this.#aliases ?? none };
    }
    const kept = name.labels.slice(0, name.labelCount - node.name.labelCount);
    const target = Name.fromLabels([...kept, ...suffix]);
    this.#addAliases([{ name, type: 'CNAME', class: record.class, ttl: record.ttl, data: { target } }]);
    if (this.#type === 'CNAME' || this.#type === 'ANY') return this.#end(this.#aliases ?? none);
    return this.#goOn(target);
  }

  #goOn(target: Name): Lookup | Name {
    const aliases = this.#aliases ?? none;
    this.#followed++;
    if (!target.isWithin(this.#zone.origin)) return this.#end(aliases, target);
    const isLoop = aliases.some(({ name, type }) => type === 'CNAME' && name.equals(target));
    return isLoop || this.#followed === maxAliases ? this.#end(aliases) : target;
  }

  #end(records: readonly ResourceRecord[], next?: Name): Lookup {
    return { kind: 'answer', records, isWildcard: this.#isWildcard, next, proof: this.#proof };
  }

  #delegate(cut: Node): Lookup {
    const nameServers = (setAt(cut, 'NS') as RecordSet).answer.records;
    if (this.#dnssec) {
      const proof = setAt(cut, 'DS') ?? setAt(cut, 'NSEC');
      this.#prove(proof?.signedAnswer.records ?? none);
    }
    const aliases = this.#aliases ?? none;
    return { kind: 'delegation', aliases, cut: cut.name, nameServers, glue: cut.glue, proof: this.#proof };
  }

  /** @param node what lacks the type, where no wildcard does: of that, the proof is there. */
  #withoutData(node: Node | undefined): Lookup {
    const { soa, soaSignatures, denial } = this.#zone;
    if (this.#dnssec) {
      this.#prove(soaSignatures);
      if (node !== undefined) this.#prove(denial.ofType(node));
    }
    const aliases = this.#aliases ?? none;
    return { kind: 'no-data', aliases, soa, isWildcard: this.#isWildcard, proof: this.#proof };
  }

  #missing(name: Name, encloser: Node): Lookup {
    const { soa, soaSignatures, denial } = this.#zone;
    if (this.#dnssec) {
      this.#prove(soaSignatures);
      this.#prove(denial.ofName(name, encloser.name));
    }
    return { kind: 'name-error', aliases: this.#aliases ?? none, soa, proof: this.#proof };
  }

  #addAliases(records: readonly ResourceRecord[]): void {
    this.#aliases = this.#aliases?.concat(records) ?? [...records];
  }

  /** One record may prove several things. */
  #prove(records: readonly ResourceRecord[]): void {
    this.#proof = [...new Set([...this.#proof, ...records])];
  }
}

/** The node of `name`, or of the lowest name above that exists: the closest encloser (RFC 4592 3.3.1). */
function closest(zone: ZoneData, name: Name): Node {
  const { tree, depth } = zone;
  let { key } = name;
  let node = tree.get(key);
  if (node !== undefined) return node;
  // Labels that reach deeper than the zone need no search: 127 of them cost no more than one.
  key = keyAbove(key, name.labelCount - depth);
  for (node = tree.get(key); node === undefined; node = tree.get(key)) key = keyAbove(key);
  return node;
}
