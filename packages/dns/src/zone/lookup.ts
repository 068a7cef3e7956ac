import type { Name } from '../name.ts';
import type { RecordOf, ResourceRecord, SoaData } from '../records/record.ts';

/** What a zone knows of a name and a type (RFC 1034 4.3.2): told apart by `kind`. */
export type Lookup = Answer | Delegation | NoData | NameError | NameTooLong | NotInZone;

/** There are such records; or there is an alias, which leads out of the zone. */
export interface Answer {
  readonly kind: 'answer';
  /** The answer section: the CNAME and DNAME records that led there, then the records. */
  readonly records: readonly ResourceRecord[];
  /** Whether `*.…` stood for a name on the way (RFC 4592). */
  readonly isWildcard: boolean;
  /** The alias's target, where it is not in the zone: the question goes on there. */
  readonly next: Name | undefined;
  /** With `dnssec`: that no closer name exists than the wildcard (RFC 4035 3.1.3.3). */
  readonly proof: readonly ResourceRecord[];
}

/** The name is another zone's, below this one. */
export interface Delegation extends Aliased {
  readonly kind: 'delegation';
  /** The name of the zone below. */
  readonly cut: Name;
  readonly nameServers: readonly ResourceRecord[];
  /** A and AAAA records of name servers, as far as this zone has them. */
  readonly glue: readonly ResourceRecord[];
  /** With `dnssec`: the DS records, or the NSEC record that says there are none (RFC 4035 3.1.4). */
  readonly proof: readonly ResourceRecord[];
}

/** The name exists, records of the type do not: also where only names below it have records (RFC 8020 2). */
export interface NoData extends Aliased {
  readonly kind: 'no-data';
  /** Its TTL is how long to remember that: {@link Zone.soa} says more. */
  readonly soa: RecordOf<'SOA', SoaData>;
  readonly isWildcard: boolean;
  /** With `dnssec`: the signatures of `soa`, and the NSEC records that say so, with theirs. */
  readonly proof: readonly ResourceRecord[];
}

/** Neither the name nor any below it exists: NXDOMAIN. */
export interface NameError extends Aliased {
  readonly kind: 'name-error';
  readonly soa: RecordOf<'SOA', SoaData>;
  readonly proof: readonly ResourceRecord[];
}

/** A DNAME record makes a name of more than 255 bytes: YXDOMAIN (RFC 6672 2.2). */
export interface NameTooLong extends Aliased {
  readonly kind: 'name-too-long';
}

/** Neither the zone's name nor one below it. */
export interface NotInZone {
  readonly kind: 'not-in-zone';
}

interface Aliased {
  /** The CNAME and DNAME records that led to this: the answer section, usually empty. */
  readonly aliases: readonly ResourceRecord[];
}
