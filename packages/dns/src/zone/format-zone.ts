import { formatRecord } from '../records/presentation/record-text.ts';
import type { Zone } from './zone.ts';

/** The zone as a master file, a record a line, SOA first, names absolute: what `parseZone` reads back whatever the origin. */
export function formatZone(zone: Zone): string {
  let text = '';
  for (const record of zone.records()) text += `${formatRecord(record)}\n`;
  return text;
}
