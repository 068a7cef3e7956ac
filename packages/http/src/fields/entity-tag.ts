import { trimBlanks } from '../protocol/octets.ts';
import { HttpUsageError } from '../errors.ts';
import { Cursor, DQUOTE, isAll } from './cursor.ts';
import { parseHttpDate } from './date.ts';
import { parseEach } from './list.ts';

/** `ETag`: a name for one state of a representation (RFC 9110 8.8.3). */
export interface EntityTag {
  /** What stands between the quotes, where a backslash is a character like any other. */
  readonly tag: string;
  /** `W/`: it names what is as good as the same, not the same bytes. */
  readonly weak: boolean;
}

/** `entity-tag` of RFC 9110 8.8.3: `"xyzzy"`, `W/"xyzzy"`. `undefined` for all else, `w/` and tags without quotes among it. */
export function parseEntityTag(value: string): EntityTag | undefined {
  const cursor = new Cursor(trimBlanks(value));
  const tag = readEntityTag(cursor);
  return cursor.isAtEnd() ? tag : undefined;
}

/**
 * `"xyzzy"`, or `W/"xyzzy"` where it is weak.
 *
 * @throws HttpUsageError `BAD_FIELD` for a tag with a quote, a blank, a control character or one above U+00FF: it has no escape for them.
 */
export function formatEntityTag({
  tag,
  weak = false,
}: {
  readonly tag: string;
  readonly weak?: boolean;
}): string {
  if (tag !== '' && !isAll(ETAGC, tag))
    throw new HttpUsageError('BAD_FIELD', `no entity tag: ${JSON.stringify(tag)}`);
  return `${weak ? 'W/' : ''}"${tag}"`;
}

/**
 * `If-Match` and `If-None-Match` (RFC 9110 13.1.1, 13.1.2): `*`, or the tags of a list. `undefined` where it is malformed or empty.
 */
export function parseIfMatch(value: string): '*' | EntityTag[] | undefined {
  if (trimBlanks(value) === '*') return '*';
  const tags = parseEach(value, readEntityTag);
  return tags?.length === 0 ? undefined : tags;
}

/** `If-Range` (RFC 9110 13.1.5): an entity tag, or the date of `Last-Modified`. `undefined` for all else. */
export function parseIfRange(value: string, now?: number): EntityTag | Date | undefined {
  return parseEntityTag(value) ?? parseHttpDate(trimBlanks(value), now);
}

/** RFC 9110 8.8.3.2: the same tag, and neither is weak. For `If-Match`, `If-Range`, and joining parts. */
export function isStrongMatch(one: EntityTag, other: EntityTag): boolean {
  return !one.weak && !other.weak && one.tag === other.tag;
}

/** RFC 9110 8.8.3.2: the same tag, weak or not. For `If-None-Match`, which asks for a cache's sake. */
export function isWeakMatch(one: EntityTag, other: EntityTag): boolean {
  return one.tag === other.tag;
}

/** `[ "W/" ] DQUOTE *etagc DQUOTE`, the W in upper case. */
function readEntityTag(cursor: Cursor): EntityTag | undefined {
  const weak = cursor.text.startsWith('W/', cursor.at);
  if (weak) cursor.at += 2;
  if (!cursor.take(DQUOTE)) return undefined;
  const tag = cursor.run(ETAGC) ?? '';
  return cursor.take(DQUOTE) ? { tag, weak } : undefined;
}

/** `etagc` of RFC 9110 8.8.3: visible, obs-text, no quote. */
const ETAGC: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(code > 0x20 && code !== DQUOTE && code !== 0x7f),
);
