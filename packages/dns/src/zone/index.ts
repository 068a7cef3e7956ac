// `@wirestack/dns/zone`: zones and their text. No I/O, no `node:*`: it runs in a browser.
//
//   master-file.ts   text → records            generate.ts     $GENERATE
//   zone.ts          records → a zone          tree.ts         its names        record-set.ts   its RRsets
//   lookup.ts        what a lookup may give    walk.ts         how it is found  denial.ts       proof of what is not there
//   format-zone.ts   a zone → text
//   ../records/presentation/                   records and data as text, one file a family

export { formatZone } from './format-zone.ts';
export type { Answer, Delegation, Lookup, NameError, NameTooLong, NoData, NotInZone } from './lookup.ts';
export { parseZone, type ParseZoneOptions, type ZoneFileLimits } from './master-file.ts';
export { Zone, type ZoneLookupOptions } from './zone.ts';
export { ZoneError, type ZoneErrorCode } from './zone-error.ts';
export { formatRecord, parseRecord, type ParseRecordOptions } from '../records/presentation/record-text.ts';
export { ZoneFileError, type ZoneFileErrorCode } from '../records/presentation/zone-file-error.ts';
export { Name } from '../name.ts';
export { DnsUsageError, type DnsUsageErrorCode } from '../errors.ts';
export type * from '../records/record.ts';
