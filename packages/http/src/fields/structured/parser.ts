import { HEX, SEMICOLON, SP } from '../../protocol/octets.ts';
import { BACKSLASH, COMMA, Cursor, DIGIT, DQUOTE, EQUALS } from '../cursor.ts';
import { decodeUtf8 } from '../utf8.ts';
import { decodeBase64 } from './base64.ts';
import {
  KEY,
  KEY_START,
  TOKEN_REST,
  TOKEN_START,
  type BareItem,
  type InnerList,
  type Item,
  type ItemParameters,
  type Member,
} from './values.ts';

/**
 * A List of RFC 9651 4.2.1; an empty field is an empty list. `undefined` where it is malformed anywhere: then all of the field is ignored, as
 * 4.2 asks.
 */
export function parseStructuredList(value: string): Member[] | undefined {
  return parseField(value, readList);
}

/**
 * A Dictionary of RFC 9651 4.2.2, its keys in order. Of a key that stands twice the last value counts, in the first's place. `undefined`
 * where it is malformed anywhere.
 */
export function parseStructuredDictionary(value: string): ReadonlyMap<string, Member> | undefined {
  return parseField(value, readDictionary);
}

/** An Item of RFC 9651 4.2.3; `undefined` where it is malformed, or nothing is there. */
export function parseStructuredItem(value: string): Item | undefined {
  return parseField(value, readItem);
}

/** 4.2: blanks around, and nothing behind. Every reader answers `undefined` for "malformed", and then the place does not matter. */
function parseField<T>(value: string, read: (cursor: Cursor) => T | undefined): T | undefined {
  const cursor = new Cursor(value);
  skipSpaces(cursor);
  const field = read(cursor);
  skipSpaces(cursor);
  return cursor.isAtEnd() ? field : undefined;
}

/** 4.2.1 */
function readList(cursor: Cursor): Member[] | undefined {
  const members: Member[] = [];
  while (!cursor.isAtEnd()) {
    const member = readMember(cursor);
    if (member === undefined) return undefined;
    members.push(member);
    if (!isFollowed(cursor)) return undefined;
  }
  return members;
}

/** 4.2.2 */
function readDictionary(cursor: Cursor): Map<string, Member> | undefined {
  const members = new Map<string, Member>();
  while (!cursor.isAtEnd()) {
    const key = readKey(cursor);
    if (key === undefined) return undefined;
    const member = cursor.take(EQUALS)
      ? readMember(cursor)
      : withParameters(cursor, { type: 'boolean', value: true });
    if (member === undefined) return undefined;
    members.set(key, member);
    if (!isFollowed(cursor)) return undefined;
  }
  return members;
}

/** The end, or a comma with something behind it. */
function isFollowed(cursor: Cursor): boolean {
  cursor.skipBlanks();
  if (cursor.isAtEnd()) return true;
  if (!cursor.take(COMMA)) return false;
  cursor.skipBlanks();
  return !cursor.isAtEnd();
}

/** 4.2.1.1 */
function readMember(cursor: Cursor): Member | undefined {
  return cursor.code === OPEN ? readInnerList(cursor) : readItem(cursor);
}

/** 4.2.1.2 */
function readInnerList(cursor: Cursor): InnerList | undefined {
  cursor.at++;
  const value: Item[] = [];
  for (;;) {
    skipSpaces(cursor);
    if (cursor.take(CLOSE)) {
      const parameters = readParameters(cursor);
      return parameters && { type: 'inner-list', value, parameters };
    }
    const item = readItem(cursor);
    if (item === undefined || (cursor.code !== SP && cursor.code !== CLOSE)) return undefined;
    value.push(item);
  }
}

/** 4.2.3 */
function readItem(cursor: Cursor): Item | undefined {
  const bare = readBareItem(cursor);
  return bare && withParameters(cursor, bare);
}

function withParameters(cursor: Cursor, bare: BareItem): Item | undefined {
  const parameters = readParameters(cursor);
  return parameters && { ...bare, parameters };
}

/** 4.2.3.2 */
function readParameters(cursor: Cursor): ItemParameters | undefined {
  const parameters = new Map<string, BareItem>();
  while (cursor.take(SEMICOLON)) {
    skipSpaces(cursor);
    const key = readKey(cursor);
    if (key === undefined) return undefined;
    const value: BareItem | undefined = cursor.take(EQUALS)
      ? readBareItem(cursor)
      : { type: 'boolean', value: true };
    if (value === undefined) return undefined;
    parameters.set(key, value);
  }
  return parameters;
}

/** 4.2.3.3 */
function readKey(cursor: Cursor): string | undefined {
  return KEY_START[cursor.code] === 1 ? cursor.run(KEY) : undefined;
}

/** 4.2.3.1: the first character tells the type. */
function readBareItem(cursor: Cursor): BareItem | undefined {
  const { code } = cursor;
  if (code === DASH || DIGIT[code] === 1) return readNumber(cursor);
  if (TOKEN_START[code] === 1) return { type: 'token', value: cursor.run(TOKEN_REST) as string };
  switch (code) {
    case DQUOTE:
      return readString(cursor);
    case COLON:
      return readBytes(cursor);
    case QUESTION:
      return readBoolean(cursor);
    case AT:
      return readDate(cursor);
    case PERCENT:
      return readDisplayString(cursor);
    default:
      return undefined;
  }
}

/** 4.2.4 */
function readNumber(cursor: Cursor): (BareItem & { type: 'integer' | 'decimal' }) | undefined {
  const sign = cursor.take(DASH) ? -1 : 1;
  const whole = cursor.run(DIGIT);
  if (whole === undefined) return undefined;
  if (!cursor.take(DOT)) {
    // Adding 0 makes 0 of -0: a structured field does not tell them apart.
    return whole.length > 15 ? undefined : { type: 'integer', value: sign * Number(whole) + 0 };
  }
  const fraction = cursor.run(DIGIT);
  if (fraction === undefined || whole.length > 12 || fraction.length > 3) return undefined;
  return { type: 'decimal', value: sign * Number(`${whole}.${fraction}`) + 0 };
}

/** 4.2.5: printable ASCII; a backslash stands before `"` and `\` only. */
function readString(cursor: Cursor): BareItem | undefined {
  const { text } = cursor;
  let value = '';
  let from = ++cursor.at;
  for (; ; cursor.at++) {
    const code = cursor.code;
    if (code === DQUOTE) {
      value += text.slice(from, cursor.at++);
      return { type: 'string', value };
    }
    if (!isPrintable(code)) return undefined;
    if (code !== BACKSLASH) continue;
    value += text.slice(from, cursor.at);
    from = ++cursor.at;
    if (cursor.code !== DQUOTE && cursor.code !== BACKSLASH) return undefined;
  }
}

/** 4.2.7 */
function readBytes(cursor: Cursor): BareItem | undefined {
  const start = ++cursor.at;
  const end = cursor.text.indexOf(':', start);
  if (end < 0) return undefined;
  cursor.at = end + 1;
  const value = decodeBase64(cursor.text.slice(start, end));
  return value && { type: 'bytes', value };
}

/** 4.2.8 */
function readBoolean(cursor: Cursor): BareItem | undefined {
  cursor.at++;
  if (cursor.take(ONE)) return { type: 'boolean', value: true };
  return cursor.take(ZERO) ? { type: 'boolean', value: false } : undefined;
}

/** 4.2.9: an integer */
function readDate(cursor: Cursor): BareItem | undefined {
  cursor.at++;
  const number = readNumber(cursor);
  return number?.type === 'integer' ? { type: 'date', value: number.value } : undefined;
}

/** 4.2.10: printable ASCII; octets of UTF-8 as `%` and two lower-case digits. */
function readDisplayString(cursor: Cursor): BareItem | undefined {
  cursor.at++;
  if (!cursor.take(DQUOTE)) return undefined;
  const octets: number[] = [];
  for (; ; cursor.at++) {
    const code = cursor.code;
    if (code === DQUOTE) {
      cursor.at++;
      const value = decodeUtf8(Uint8Array.from(octets));
      return value === undefined ? undefined : { type: 'display-string', value };
    }
    if (!isPrintable(code)) return undefined;
    if (code !== PERCENT) {
      octets.push(code);
      continue;
    }
    const high = lowerHex(cursor.text.charCodeAt(cursor.at + 1));
    const low = lowerHex(cursor.text.charCodeAt(cursor.at + 2));
    if (high < 0 || low < 0) return undefined;
    octets.push(high * 16 + low);
    cursor.at += 2;
  }
}

/** -1 for what is none; A to F are none. */
function lowerHex(code: number): number {
  return code >= 0x41 && code <= 0x46 ? -1 : (HEX[code] ?? 0) - 1;
}

function isPrintable(code: number): boolean {
  return code >= 0x20 && code < 0x7f;
}

/** SP only: tabs are allowed around the commas of lists, nowhere else. */
function skipSpaces(cursor: Cursor): void {
  while (cursor.code === SP) cursor.at++;
}

const PERCENT = 0x25;
const OPEN = 0x28;
const CLOSE = 0x29;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const ONE = 0x31;
const COLON = 0x3a;
const QUESTION = 0x3f;
const AT = 0x40;
