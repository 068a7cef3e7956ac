import type { ResourceRecord } from '../records/record.ts';

/**
 * | code | the records |
 * |---|---|
 * | `NO_SOA` `MULTIPLE_SOA` `SOA_NOT_AT_APEX` | not exactly one SOA record, at the zone's name (RFC 1035 5.2) |
 * | `NO_NS` | no NS record at the zone's name (RFC 1035 5.2) |
 * | `OUT_OF_ZONE` | an owner that is not the zone's name nor below it |
 * | `CLASS` | a class other than that of the SOA record (RFC 1035 5.2) |
 * | `META_TYPE` | a type that only questions have, or only messages: 0, 41, 128 to 255 (RFC 6895 3.1) |
 * | `CNAME_AND_OTHER_DATA` | a CNAME record beside others, RRSIG and NSEC excepted (RFC 1034 3.6.2, RFC 4035 2.5) |
 * | `MULTIPLE_CNAME` `MULTIPLE_DNAME` | two of those (RFC 2181 10.1, RFC 6672 2.4) |
 * | `BELOW_DNAME` | an owner below that of a DNAME record, where nothing may be (RFC 6672 2.4) |
 * | `WILDCARD_OWNER` | NS or DNAME at `*.…`, which no one could answer from (RFC 4592 4.2, 4.4) |
 * | `DS_AT_APEX` | a DS record at the zone's name: it belongs in the zone above (RFC 4035 2.4) |
 * | `BAD_RECORD` | data that no message could carry: `cause` is why |
 */
export type ZoneErrorCode =
  | 'NO_SOA'
  | 'MULTIPLE_SOA'
  | 'SOA_NOT_AT_APEX'
  | 'NO_NS'
  | 'OUT_OF_ZONE'
  | 'CLASS'
  | 'META_TYPE'
  | 'CNAME_AND_OTHER_DATA'
  | 'MULTIPLE_CNAME'
  | 'MULTIPLE_DNAME'
  | 'BELOW_DNAME'
  | 'WILDCARD_OWNER'
  | 'DS_AT_APEX'
  | 'BAD_RECORD';

/** Records that make no zone. `record` is the one at fault, where it is one. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError';
  readonly code: ZoneErrorCode;
  readonly record: ResourceRecord | undefined;

  constructor(code: ZoneErrorCode, message: string, record?: ResourceRecord, options?: ErrorOptions) {
    super(record === undefined ? message : `${record.name.toString()} ${record.type}: ${message}`, options);
    this.code = code;
    this.record = record;
  }
}
