import { formatRecord } from '../../src/records/presentation/record-text.ts';
import type { ResourceRecord } from '../../src/records/record.ts';

/** Records as lines of a master file, without the class, which is IN throughout. */
export function lines(records: readonly ResourceRecord[]): string[] {
  return records.map((record) => formatRecord(record).replace(' IN ', ' '));
}
