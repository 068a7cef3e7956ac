import { HttpUsageError } from '../errors.ts';
import { SEMICOLON } from '../protocol/octets.ts';
import { Cursor, EQUALS } from './cursor.ts';
import { formatValue, requireToken } from './quoted-string.ts';

/** Parameters by their names in lower case, in the order they came in. Values are as they were sent, without their quotes. */
export type Parameters = ReadonlyMap<string, string>;

/** Parameters to write: a map, or pairs as in `[['charset', 'utf-8']]`. */
export type ParameterList = Iterable<readonly [name: string, value: string]>;

/**
 * `parameters` of RFC 9110 5.6.6, from their first semicolon: `; charset=utf-8; q=0.5`. Empty ones (`;;`) are allowed there, blanks
 * around `=` are not.
 *
 * A name that stands twice makes them malformed, `undefined`: RFC 6838 4.3, 6266 4.1 and 7239 4 call it an error, and two readers that
 * choose differently can be played against each other.
 */
export function parseParameters(text: string): Parameters | undefined {
  const cursor = new Cursor(text);
  const parameters = readParameters(cursor);
  cursor.skipBlanks();
  return cursor.isAtEnd() ? parameters : undefined;
}

/**
 * `; name=value` for each, the value in quotes where it is no token; empty where there are none.
 *
 * @throws HttpUsageError `BAD_FIELD` for a name that is no token or stands twice, a value with control characters or above U+00FF.
 */
export function formatParameters(parameters: ParameterList): string {
  const seen = new Set<string>();
  let text = '';
  for (const [name, value] of parameters) {
    text += `; ${requireToken('the name of a parameter', name)}=${formatValue(value)}`;
    if (seen.has(name.toLowerCase())) throw new HttpUsageError('BAD_FIELD', `parameter ${name} stands twice`);
    seen.add(name.toLowerCase());
  }
  return text;
}

/** As {@link parseParameters}, from where the cursor stands to the first thing that is no parameter. */
export function readParameters(cursor: Cursor): Parameters | undefined {
  const parameters = new Map<string, string>();
  for (;;) {
    const before = cursor.at;
    cursor.skipBlanks();
    if (!cursor.take(SEMICOLON)) {
      cursor.at = before;
      return parameters;
    }
    cursor.skipBlanks();
    const name = cursor.token()?.toLowerCase();
    if (name === undefined) continue;
    const value = cursor.take(EQUALS) ? cursor.tokenOrQuoted() : undefined;
    if (value === undefined || parameters.has(name)) return undefined;
    parameters.set(name, value);
  }
}
