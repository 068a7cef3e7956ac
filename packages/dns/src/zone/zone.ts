import { DnsUsageError } from '../errors.ts';
import { Name } from '../name.ts';
import { typeName, typeNumber } from '../records/codes.ts';
import type {
  QuestionType,
  RecordClass,
  RecordOf,
  RecordType,
  ResourceRecord,
  SoaData,
} from '../records/record.ts';
import { Denial } from './denial.ts';
import type { Lookup } from './lookup.ts';
import { parseZone, type ParseZoneOptions } from './master-file.ts';
import { checked, isSameData, none, type RecordSet } from './record-set.ts';
import { addressesAt, buildTree, setAt, type Tree } from './tree.ts';
import { Walk, type ZoneData } from './walk.ts';
import { ZoneError } from './zone-error.ts';

export interface ZoneLookupOptions {
  /** Also signatures and proofs, as far as the zone has them: what a query with DO asks for (RFC 4035 3.1). Default false. */
  readonly dnssec?: boolean;
}

/**
 * The records of one zone, checked and made ready to be asked. Immutable: a changed zone is a new one.
 *
 * Duplicates among the records are dropped, TTLs within an RRset become the lowest of them (RFC 2181 5, 5.2).
 */
export class Zone {
  /**
   * Reads a master file and makes the zone of it.
   *
   * @throws ZoneFileError for the text, ZoneError for the records, DnsUsageError for the options: see {@link parseZone}.
   */
  static fromText(text: string, options: ParseZoneOptions): Zone {
    return new Zone(options.origin, parseZone(text, options));
  }

  readonly origin: Name;
  readonly class: RecordClass;
  readonly #data: ZoneData;

  /** @throws ZoneError, with the record at fault. DnsUsageError `BAD_NAME` for an origin that is no name. */
  constructor(origin: string | Name, records: Iterable<ResourceRecord>) {
    this.origin = Name.from(origin);
    const all = Array.from(records, checked);
    const soa = checkPlaces(this.origin, all);
    this.class = soa.class;
    this.#data = prepare(this.origin, buildTree(this.origin, all), soa);
  }

  /** As negative answers have it: its TTL is how long to remember those, the lesser of its own and the minimum (RFC 2308 3). */
  get soa(): RecordOf<'SOA', SoaData> {
    return this.#data.soa;
  }

  /** All records: SOA first, then by owner in canonical order (RFC 4034 6.1) and by number of type. */
  *records(): IterableIterator<ResourceRecord> {
    const nodes = [...this.#data.tree.values()].sort((one, other) => one.name.compare(other.name));
    for (const { sets, name } of nodes) {
      const first = name.equals(this.origin) ? 'SOA' : undefined;
      const rank = ({ type }: RecordSet): number => (type === first ? -1 : typeNumber(type));
      for (const { answer } of sets.toSorted((one, other) => rank(one) - rank(other))) yield* answer.records;
    }
  }

  /**
   * What the zone knows of the name and the type (RFC 1034 4.3.2, RFC 4592, RFC 6672): aliases are followed within the zone, wildcards
   * and DNAME records synthesised from, names below a zone cut delegated. Owners that are synthesised have the case of `name`.
   *
   * ANY is answered with one RRset (RFC 8482 4.1): the CNAME record, or that of the lowest type number. DS at a cut is answered, not
   * delegated (RFC 4035 3.1.4.1). What is given back is the zone's own: it must not be changed.
   *
   * @throws DnsUsageError `BAD_NAME` for text that is no name, `BAD_ARGUMENT` for AXFR and IXFR, which ask for no name's records.
   */
  lookup(name: string | Name, type: QuestionType, options: ZoneLookupOptions = {}): Lookup {
    const asked = Name.from(name);
    const dnssec = options.dnssec === true;
    const data = this.#data;
    // Most questions are for records that are there. All that follows is right for them too, and takes three times as long.
    const node = data.tree.get(asked.key);
    const set = node?.cut === undefined ? setAt(node, type as RecordType) : undefined;
    if (set !== undefined) return dnssec ? set.signedAnswer : set.answer;
    const wanted = type.startsWith('TYPE') ? typeName(typeNumber(type)) : type;
    if (wanted === 'AXFR' || wanted === 'IXFR') {
      throw new DnsUsageError('BAD_ARGUMENT', `${type} asks for a zone, not for records of a name`);
    }
    if (!asked.isWithin(this.origin)) return { kind: 'not-in-zone' };
    return new Walk(data, wanted, dnssec).run(asked);
  }

  /**
   * The A and AAAA records at a name, for the additional section; none where the zone has none. Names below a cut are another zone's:
   * what stands there, glue, is given only where `glue` is set, as for the targets of NS records (RFC 1034 4.2.1).
   */
  addresses(name: Name, { glue = false }: { readonly glue?: boolean } = {}): readonly ResourceRecord[] {
    const node = this.#data.tree.get(name.key);
    return node?.cut !== undefined && !glue ? none : addressesAt(node);
  }
}

/** One SOA record, at the apex, NS records there, and all of one class and in the zone. Returns the SOA record. */
function checkPlaces(origin: Name, records: readonly ResourceRecord[]): RecordOf<'SOA', SoaData> {
  let soa: RecordOf<'SOA', SoaData> | undefined;
  let hasNameServer = false;
  for (const record of records) {
    if (!record.name.isWithin(origin)) {
      throw new ZoneError('OUT_OF_ZONE', `not within ${origin.toString()}`, record);
    }
    const isApex = record.name.equals(origin);
    if (record.type === 'NS' && isApex) hasNameServer = true;
    if (record.type === 'DS' && isApex) throw new ZoneError('DS_AT_APEX', 'the zone above has this', record);
    if (record.type !== 'SOA') continue;
    if (!isApex) throw new ZoneError('SOA_NOT_AT_APEX', `the zone is ${origin.toString()}`, record);
    if (soa !== undefined && !isSameData(soa, record)) {
      throw new ZoneError('MULTIPLE_SOA', 'the zone has another SOA record', record);
    }
    soa ??= record;
  }
  if (soa === undefined) throw new ZoneError('NO_SOA', `${origin.toString()} has no SOA record`);
  if (!hasNameServer) throw new ZoneError('NO_NS', `${origin.toString()} has no NS record`);
  const zoneClass = soa.class;
  const stranger = records.find((record) => record.class !== zoneClass);
  if (stranger === undefined) return soa;
  throw new ZoneError('CLASS', `a record of class ${stranger.class} in a zone of ${zoneClass}`, stranger);
}

/** The negative TTL is the lesser of the record's own and the minimum (RFC 2308 3). */
function prepare(origin: Name, tree: Tree, soa: RecordOf<'SOA', SoaData>): ZoneData {
  const set = setAt(tree.get(origin.key), 'SOA');
  const ttl = Math.min(set?.answer.records[0]?.ttl ?? 0, soa.data.minimum);
  let depth = 0;
  for (const node of tree.values()) depth = Math.max(depth, node.name.labelCount);
  return {
    origin,
    tree,
    depth,
    soa: { ...soa, ttl },
    soaSignatures: set?.signatures.map((record) => ({ ...record, ttl })) ?? none,
    denial: new Denial(tree),
  };
}
