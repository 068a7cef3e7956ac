import { HttpUsageError } from '../errors.ts';
import { FIELD_VALUE, trimBlanks } from '../protocol/octets.ts';
import { COMMA, Cursor, isAll } from './cursor.ts';

/**
 * The elements of a list `#element` (RFC 9110 5.6.1), each as it was sent, without the blanks around it. Empty elements are dropped, as
 * 5.6.1.2 asks; a comma in a quoted string belongs to its element.
 *
 * A quoted string without an end takes the rest: so nothing becomes an element that its sender did not delimit, and whoever reads
 * the element refuses it. Lists whose elements hold comments (`Via`) or entity tags (`parseIfMatch`) have a grammar of their own.
 */
export function parseList(value: string): string[] {
  const elements: string[] = [];
  for (const element of elementsOf(value)) {
    const trimmed = trimBlanks(element);
    if (trimmed !== '') elements.push(trimmed);
  }
  return elements;
}

/**
 * The list that {@link parseList} reads as these elements.
 *
 * @throws HttpUsageError `BAD_FIELD` for an element that is empty, has blanks at its ends, a comma outside quotes, a quoted string
 *   without an end, a control character or one above U+00FF.
 */
export function formatList(elements: readonly string[]): string {
  for (const element of elements) {
    const cursor = new Cursor(element);
    if (!isAll(FIELD_VALUE, element) || trimBlanks(element) !== element || !isOneElement(cursor)) {
      throw new HttpUsageError('BAD_FIELD', `${JSON.stringify(element)} is no element of a list`);
    }
  }
  return elements.join(', ');
}

/**
 * What `parseElement` answers for each element of a list, which it must read to its end; `undefined` if one of them is malformed.
 * The cursor stands behind the blanks before the element.
 */
export function parseEach<T>(
  value: string,
  parseElement: (cursor: Cursor) => T | undefined,
): T[] | undefined {
  const cursor = new Cursor(value);
  const parsed: T[] = [];
  for (;;) {
    cursor.skipBlanks();
    if (cursor.isAtEnd()) return parsed;
    if (cursor.take(COMMA)) continue;
    const element = parseElement(cursor);
    if (element === undefined) return undefined;
    parsed.push(element);
    cursor.skipBlanks();
    if (!cursor.isAtEnd() && cursor.code !== COMMA) return undefined;
  }
}

function* elementsOf(value: string): Generator<string, void, undefined> {
  const cursor = new Cursor(value);
  for (;;) {
    const start = cursor.at;
    cursor.skipElement();
    yield value.slice(start, cursor.at);
    if (!cursor.take(COMMA)) return;
  }
}

/** Quotes are balanced where text put behind the element is still outside of them: then a comma there ends it. */
function isOneElement(cursor: Cursor): boolean {
  cursor.skipElement();
  if (!cursor.isAtEnd()) return false;
  const followed = new Cursor(`${cursor.text},`);
  followed.skipElement();
  return !followed.isAtEnd();
}
