import { Cursor } from './cursor.ts';
import { formatExtendedValue, parseExtendedValue } from './extended-value.ts';
import { formatParameters, readParameters, type ParameterList, type Parameters } from './parameters.ts';
import { formatQuotedString, requireToken, unwritable } from './quoted-string.ts';

/** How a response wants to be shown or kept (RFC 6266). */
export interface ContentDisposition {
  /** In lower case: `inline`, `attachment`; what is not known counts as `attachment` (4.2). */
  readonly type: string;
  /**
   * `filename*` where it can be read, otherwise `filename` (4.3). It comes from the peer: take its last path segment, and no more than
   * the platform's rules for names allow.
   */
  readonly filename?: string;
  /** All parameters as they were sent, `filename` and `filename*` too, by their names in lower case. */
  readonly parameters: Parameters;
}

/**
 * `Content-Disposition` of a message (RFC 6266 4.1); `undefined` where it is malformed. A `filename*` that is no `ext-value` is passed over.
 * In a part of `multipart/form-data` names are written differently (RFC 7578 4.2).
 */
export function parseContentDisposition(value: string): ContentDisposition | undefined {
  const cursor = new Cursor(value);
  cursor.skipBlanks();
  const type = cursor.token()?.toLowerCase();
  const parameters = readParameters(cursor);
  cursor.skipBlanks();
  if (type === undefined || parameters === undefined || !cursor.isAtEnd()) return undefined;
  const extended = parameters.get('filename*');
  const filename =
    (extended === undefined ? undefined : parseExtendedValue(extended)) ?? parameters.get('filename');
  return { type, ...(filename !== undefined && { filename }), parameters };
}

/**
 * `attachment; filename="a.txt"`. A name that is not plain ASCII, or that some user agents would decode (`%41`, backslashes), gets both
 * forms, the plain one with `_` for what it cannot say (RFC 6266 appendix D): `filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates`.
 *
 * @throws HttpUsageError `BAD_FIELD` for a type that is no token, control characters or half of a surrogate pair in the name, further
 *   parameters that `formatParameters` refuses, or `filename` among them.
 */
export function formatContentDisposition(
  type: string,
  filename?: string,
  parameters: ParameterList = [],
): string {
  const further = [...parameters];
  const rest = formatParameters(further);
  for (const [name] of further) {
    if (/^filename\*?$/i.test(name)) throw unwritable('a further parameter of Content-Disposition', name);
  }
  return `${requireToken('a disposition', type)}${filename === undefined ? '' : formatFilename(filename)}${rest}`;
}

function formatFilename(filename: string): string {
  const extended = formatExtendedValue(filename);
  const plain = filename.replace(/[^ !#-$&-[\]-~]/gu, '_');
  return `; filename=${formatQuotedString(plain)}${plain === filename ? '' : `; filename*=${extended}`}`;
}
