import type { HeaderList } from '@wirestack/http';
import { parseList } from '@wirestack/http/fields';
import { fieldOf } from './response-parts.ts';

/**
 * Fields with `names` in `Vary` (RFC 9110 12.5.5): one field, each name once, in any case. `*` says it all already and stays alone.
 */
export function mergeVary(headers: HeaderList, ...names: readonly string[]): HeaderList {
  if (fieldOf(headers, 'vary') === undefined) return [...headers, ['Vary', names.join(', ')]];
  const isVary = ([name]: readonly [string, string]): boolean => name.toLowerCase() === 'vary';
  const there = headers.filter(isVary).flatMap(([, value]) => parseList(value));
  const known = new Set(there.map((name) => name.toLowerCase()));
  const missing = names.filter((name) => !known.has(name.toLowerCase()));
  if (missing.length === 0 || known.has('*')) return headers;
  return [...headers.filter((header) => !isVary(header)), ['Vary', [...there, ...missing].join(', ')]];
}
