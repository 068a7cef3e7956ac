import { Cursor } from './cursor.ts';
import { formatParameters, readParameters, type ParameterList, type Parameters } from './parameters.ts';
import { requireToken, unwritable } from './quoted-string.ts';

/** A media type as `Content-Type` names it: `text/html; charset=utf-8`. */
export interface MediaType {
  /** In lower case: `text`. */
  readonly type: string;
  /** In lower case: `html`. */
  readonly subtype: string;
  /** Both: `text/html`. */
  readonly essence: string;
  /** Names in lower case, values as they were sent: whether their case matters is each parameter's own affair. */
  readonly parameters: Parameters;
}

const SLASH = 0x2f;

/**
 * `media-type` of RFC 9110 8.3.1; `undefined` for all else, and then the type is not known (8.3). Two Content-Types that were joined by a
 * comma are malformed too. `*` names a range (`Accept`), no type.
 */
export function parseMediaType(value: string): MediaType | undefined {
  const cursor = new Cursor(value);
  cursor.skipBlanks();
  const names = readEssence(cursor);
  if (names === undefined || names.type === '*' || names.subtype === '*') return undefined;
  const parameters = readParameters(cursor);
  cursor.skipBlanks();
  if (parameters === undefined || !cursor.isAtEnd()) return undefined;
  return { ...names, essence: `${names.type}/${names.subtype}`, parameters };
}

/**
 * `text/html; charset=utf-8`: values that are no tokens in quotes.
 *
 * @throws HttpUsageError `BAD_FIELD` for a type, subtype or name that is no token, a type `*`, a name that stands twice, or a value
 *   with control characters or above U+00FF.
 */
export function formatMediaType(mediaType: {
  readonly type: string;
  readonly subtype: string;
  readonly parameters?: ParameterList;
}): string {
  const { type, subtype, parameters = [] } = mediaType;
  if (type === '*' || subtype === '*') throw unwritable('a media type or subtype', '*');
  const essence = `${requireToken('a media type', type)}/${requireToken('a subtype', subtype)}`;
  return essence + formatParameters(parameters);
}

/** `type "/" subtype`, in lower case; `*` is a token like others here. */
export function readEssence(cursor: Cursor): { type: string; subtype: string } | undefined {
  const type = cursor.token()?.toLowerCase();
  if (type === undefined || !cursor.take(SLASH)) return undefined;
  const subtype = cursor.token()?.toLowerCase();
  return subtype === undefined ? undefined : { type, subtype };
}
