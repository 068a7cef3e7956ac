import type { HeaderFields } from '../headers.ts';
import { trimBlanks } from './octets.ts';

/**
 * The options of all Connection fields, in lower case, in order, each once. The fields they name hold for this connection only: whoever passes a
 * message on removes them, and Connection itself (RFC 9110 7.6.1).
 */
export function connectionOptions(fields: HeaderFields): string[] {
  const value = fields.get('connection');
  if (value === undefined) return [];
  const options = value.split(',').map((option) => trimBlanks(option).toLowerCase());
  return Array.from(new Set(options.filter((option) => option !== '')));
}
