import { HttpUsageError } from '../errors.ts';
import { FIELD_VALUE, TOKEN } from '../protocol/octets.ts';
import { Cursor, isAll } from './cursor.ts';

/**
 * The text that a `quoted-string` (RFC 9110 5.6.4) stands for, its quotes and backslashes taken off; `undefined` where `text` is not
 * one from its first character to its last.
 */
export function parseQuotedString(text: string): string | undefined {
  const cursor = new Cursor(text);
  const value = cursor.quotedString();
  return cursor.isAtEnd() ? value : undefined;
}

/**
 * `text` in quotes, with a backslash before `"` and `\` only, as RFC 9110 5.6.4 asks of senders.
 *
 * @throws HttpUsageError `BAD_FIELD` for a control character other than HTAB, or one above U+00FF: there is no way to write them.
 */
export function formatQuotedString(text: string): string {
  if (text !== '' && !isAll(FIELD_VALUE, text)) throw unwritable('a quoted string', text);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A token as it is, anything else in quotes. @throws HttpUsageError `BAD_FIELD` as {@link formatQuotedString} */
export function formatValue(text: string): string {
  return isAll(TOKEN, text) ? text : formatQuotedString(text);
}

/** @throws HttpUsageError `BAD_FIELD` where `text` is no token (RFC 9110 5.6.2). */
export function requireToken(what: string, text: unknown): string {
  if (typeof text !== 'string' || !isAll(TOKEN, text)) throw unwritable(what, text);
  return text;
}

/** What a format function throws. The text stands in it escaped: it may be what an attacker sent. */
export function unwritable(what: string, text: unknown): HttpUsageError {
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, maxShown)) : `a ${typeof text}`;
  return new HttpUsageError('BAD_FIELD', `${what} cannot be ${shown}`);
}

const maxShown = 100;
