import type { Name } from '../name.ts';

/**
 * A resource record (RFC 1035 3.2.1): a discriminated union over `type`, so that `record.type === 'MX'` tells what `record.data` is.
 * Types and classes have the field's own names; those without one, the names RFC 3597 gives them: `TYPE65280`, `CLASS42`.
 */
export type ResourceRecord =
  | RecordOf<'A', AddressData>
  | RecordOf<'AAAA', AddressData>
  | RecordOf<'NS' | 'CNAME' | 'PTR' | 'DNAME', TargetData>
  | RecordOf<'SOA', SoaData>
  | RecordOf<'MX', MxData>
  | RecordOf<'TXT', TxtData>
  | RecordOf<'SRV', SrvData>
  | RecordOf<'CAA', CaaData>
  | RecordOf<'SVCB' | 'HTTPS', ServiceBindingData>
  | RecordOf<'DS', DsData>
  | RecordOf<'DNSKEY', DnskeyData>
  | RecordOf<'RRSIG', RrsigData>
  | RecordOf<'NSEC', NsecData>
  | RecordOf<UnknownType, UnknownData>;

export interface RecordOf<Type extends RecordType, Data> {
  /** The owner name. */
  readonly name: Name;
  readonly type: Type;
  readonly class: RecordClass;
  /** Seconds, 0 to 2^31 - 1 (RFC 2181 8). */
  readonly ttl: number;
  readonly data: Data;
}

/** Types whose data this package takes apart. */
export type KnownType =
  | 'A'
  | 'AAAA'
  | 'NS'
  | 'CNAME'
  | 'PTR'
  | 'DNAME'
  | 'SOA'
  | 'MX'
  | 'TXT'
  | 'SRV'
  | 'CAA'
  | 'SVCB'
  | 'HTTPS'
  | 'DS'
  | 'DNSKEY'
  | 'RRSIG'
  | 'NSEC';
/** Types whose data stays bytes (RFC 3597). */
export type UnknownType = `TYPE${number}`;
/** What a record may be. */
export type RecordType = KnownType | UnknownType;
/** What may be asked for: types that no record has, too. `OPT` stands in a message as {@link Edns}, never as a record. */
export type QuestionType = RecordType | 'ANY' | 'AXFR' | 'IXFR';
export type RecordClass = 'IN' | 'CH' | 'HS' | 'NONE' | 'ANY' | `CLASS${number}`;

/** The data of records by type. */
export type DataOf<Type extends RecordType, Among extends ResourceRecord = ResourceRecord> =
  Among extends RecordOf<infer Types, infer Data> ? (Type extends Types ? Data : never) : never;

/** A (RFC 1035 3.4.1): dotted quad. AAAA (RFC 3596): text as RFC 5952 writes it. */
export interface AddressData {
  readonly address: string;
}

/** NS, CNAME, PTR (RFC 1035 3.3), DNAME (RFC 6672). */
export interface TargetData {
  readonly target: Name;
}

/** RFC 1035 3.3.13. Times in seconds; `minimum` is the negative TTL (RFC 2308). */
export interface SoaData {
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** RFC 1035 3.3.9. */
export interface MxData {
  readonly preference: number;
  readonly exchange: Name;
}

/** RFC 1035 3.3.14: one or more strings of 0 to 255 bytes each. */
export interface TxtData {
  readonly strings: readonly Uint8Array[];
}

/** RFC 2782. */
export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: Name;
}

/** RFC 8659. `flags` 128 is "issuer critical". */
export interface CaaData {
  readonly flags: number;
  readonly tag: string;
  readonly value: Uint8Array;
}

/** SVCB and HTTPS (RFC 9460). Priority 0 is an alias and has no parameters. */
export interface ServiceBindingData {
  readonly priority: number;
  readonly target: Name;
  /** In the order of the wire: keys strictly ascending. */
  readonly params: readonly ServiceParam[];
}

/** One SvcParam: its key as RFC 9460 14.3 names it, or `key65280`; and its value in wire form. */
export interface ServiceParam {
  readonly key: ServiceParamKey;
  readonly value: Uint8Array;
}
export type ServiceParamKey =
  | 'mandatory'
  | 'alpn'
  | 'no-default-alpn'
  | 'port'
  | 'ipv4hint'
  | 'ech'
  | 'ipv6hint'
  | 'dohpath'
  | `key${number}`;

/** RFC 4034 5. */
export interface DsData {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: Uint8Array;
}

/** RFC 4034 2. */
export interface DnskeyData {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
}

/** RFC 4034 3. Times are seconds since 1970 modulo 2^32 (serial arithmetic). */
export interface RrsigData {
  readonly typeCovered: RecordType;
  readonly algorithm: number;
  readonly labels: number;
  readonly originalTtl: number;
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  readonly signature: Uint8Array;
}

/** RFC 4034 4. */
export interface NsecData {
  readonly next: Name;
  readonly types: readonly RecordType[];
}

/** RFC 3597: data of a type that is not known here, as it stood on the wire. Names in it are not compressed. */
export interface UnknownData {
  readonly bytes: Uint8Array;
}
