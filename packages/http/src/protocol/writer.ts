import { HttpUsageError, type HttpProtocolError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { reasonPhrase } from './reason.ts';

/** What a field of a response decides besides being sent. */
const ORDINARY = 0;
const CONTENT_LENGTH = 1;
const CONNECTION = 2;
const DATE = 3;
const FRAMING = 4;
const UPGRADE = 5;
const HOST = 6;

const roleOf: ReadonlyMap<string, number> = new Map([
  ['content-length', CONTENT_LENGTH],
  ['connection', CONNECTION],
  ['date', DATE],
  ['transfer-encoding', FRAMING],
  ['upgrade', UPGRADE],
  ['host', HOST],
]);

/** Names already found valid, as they were written: most programs use a few dozen. */
const knownNames = new Map<string, number>();
const maxKnownNames = 1024;
const knownStatusLines = new Map<number, string>();

/** The head of a response. `reason` defaults to the registered phrase. */
export interface ResponseHead {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers?: HeaderList | undefined;
}

/** Status line and field lines as text, and what they say of the message. */
export interface WrittenHead {
  readonly text: string;
  /** -1 where there is none; the line itself is left to whoever frames the body. */
  readonly contentLength: number;
  /** `Connection: close` is among the fields. */
  readonly close: boolean;
}

/**
 * The head of a response up to the fields that frame its body. `dateLine` is added where the fields have no Date.
 *
 * Heads that repeat are remembered, for most responses of a program differ in their body only: comparing the fields costs a tenth of
 * checking and joining them, and a flat string is written twice as fast as one that is still a tree of its parts. Where the values of a few fields change each time, an id, a
 * count, what stands between them is kept: a fifth of what all twenty fields of such a head would take.
 *
 * @throws HttpUsageError `BAD_STATUS` for a status outside 200–999 or a reason with control characters; `BAD_FIELD` as {@link writeFields}
 */
export function writeHead(
  status: number,
  reason: string | undefined,
  fields: HeaderList,
  dateLine: string,
): WrittenHead {
  const slot = (status + 5 * fields.length) & (memoSlots - 1);
  const memo = memos[slot];
  if (memo !== undefined && isAlike(memo, status, reason, dateLine)) {
    if (isSameFields(memo.fields, fields) || rewrite(memo, fields)) return memo.head;
  }
  if (status < 200) throw new HttpUsageError('BAD_STATUS', `${String(status)} is no final status`);
  const line = statusLine(status, reason);
  const written = writeFields(fields);
  const start = line + (written.hasDate ? '' : dateLine);
  const text = flatten(start + written.text);
  const head: WrittenHead = { text, contentLength: written.contentLength, close: written.close };
  if (text.length <= maxMemoLength) {
    memos[slot] = {
      status,
      reason,
      dateLine,
      start,
      fields: flatFields(fields),
      head,
      changing: [],
      parts: [text],
    };
  }
  return head;
}

/**
 * The whole head of a response that changes the protocol. To a 101 `Connection: Upgrade` is added where the fields do not say it.
 *
 * @throws HttpUsageError `BAD_STATUS`; `BAD_FIELD` as {@link writeFields}, for a Content-Length, or a 101 without Upgrade (RFC 9110 7.8)
 */
export function writeUpgrade(
  status: number,
  reason: string | undefined,
  fields: HeaderList,
  dateLine: string,
): string {
  const line = statusLine(status, reason);
  const written = writeFields(fields);
  if (written.contentLength >= 0) throw badField('Content-Length', 'frames a body, and there is none');
  if (status !== 101) return `${line}${written.hasDate ? '' : dateLine}${written.text}\r\n`;
  if (!written.hasUpgrade) throw badField('Upgrade', 'has to stand in a 101');
  return `${line}${written.text}${written.upgrades ? '' : 'Connection: Upgrade\r\n'}\r\n`;
}

/** The answer to what could not be read as a request: it ends the connection. */
export function errorResponse(error: HttpProtocolError, dateLine: string, isHead: boolean): string {
  const body = `${error.message}\n`;
  return (
    `${statusLine(error.status, undefined)}${dateLine}Content-Type: text/plain; charset=utf-8\r\n` +
    `Connection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n${isHead ? '' : body}`
  );
}

interface Memo {
  readonly status: number;
  readonly reason: string | undefined;
  readonly dateLine: string;
  /** The text up to the fields. */
  readonly start: string;
  readonly fields: string[];
  head: WrittenHead;
  /** Places of the fields whose values were seen to change, in their order. */
  changing: readonly number[];
  /** The text around those values: one more than there are. */
  parts: readonly string[];
}

const memoSlots = 16;
const memos: (Memo | undefined)[] = Array.from({ length: memoSlots }, () => undefined);
/** What is longer is not kept: a memo must not hold much of a program's memory. */
const maxMemoLength = 2048;
/** Where more fields change, it is another head. */
const maxChanging = 4;

function isAlike(memo: Memo, status: number, reason: string | undefined, dateLine: string): boolean {
  return memo.status === status && memo.reason === reason && memo.dateLine === dateLine;
}

/** Makes a memo that of `fields`, where they are the same but for the values of a few that decide nothing. */
function rewrite(memo: Memo, fields: HeaderList): boolean {
  const { fields: known } = memo;
  if (known.length !== 2 * fields.length) return false;
  let { changing } = memo;
  let at = 0;
  for (const { 0: name, 1: value } of fields) {
    if (known[at] !== name) return false;
    if (known[at + 1] !== value) {
      if (knownNames.get(name) !== ORDINARY || !isFieldValue(value)) return false;
      if (!changing.includes(at)) changing = [...changing, at];
    }
    at += 2;
  }
  if (changing !== memo.changing) {
    if (changing.length > maxChanging) return false;
    changing = [...changing].sort((a, b) => a - b);
    memo.parts = partsOf(memo.start, known, changing);
    memo.changing = changing;
  }
  const { parts } = memo;
  let text = parts[0] as string;
  let part = 1;
  for (const place of changing) {
    text += (fields[place >> 1] as HeaderList[number])[1] + (parts[part++] as string);
  }
  if (text.length > maxMemoLength) return false;
  for (const place of changing) known[place + 1] = (fields[place >> 1] as HeaderList[number])[1];
  memo.head = { text: flatten(text), contentLength: memo.head.contentLength, close: memo.head.close };
  return true;
}

/** The text of `fields` cut where the values of `changing` stand. */
function partsOf(start: string, fields: readonly string[], changing: readonly number[]): string[] {
  const parts: string[] = [];
  let text = start;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (roleOf.get(name.toLowerCase()) === CONTENT_LENGTH) continue;
    text += `${name}: `;
    if (changing.includes(at)) {
      parts.push(flatten(text));
      text = '';
    } else text += fields[at + 1] as string;
    text += '\r\n';
  }
  parts.push(flatten(text));
  return parts;
}

/** Several times as fast as `flat()`. */
function flatFields(fields: HeaderList): string[] {
  const flat: string[] = [];
  for (const field of fields) flat.push(field[0], field[1]);
  return flat;
}

/** `known` has name, value, name, value …. Compared by content: a program may well change an array that it gave before. */
export function isSameFields(known: readonly string[], fields: HeaderList): boolean {
  if (known.length !== 2 * fields.length) return false;
  let at = 0;
  for (const field of fields) {
    if (known[at] !== field[0] || known[at + 1] !== field[1]) return false;
    at += 2;
  }
  return true;
}

/** Field lines as text, and what they say of the message. */
interface WrittenFields {
  text: string;
  contentLength: number;
  close: boolean;
  hasDate: boolean;
  hasUpgrade: boolean;
  /** `Connection: upgrade` is among the fields. */
  upgrades: boolean;
  /** `Connection: keep-alive` is among the fields. */
  keepAlive: boolean;
  /** The values of Host. */
  hosts: readonly string[];
}

/** @throws HttpUsageError `BAD_STATUS` for a status outside 100–999, or a reason with control characters. */
export function statusLine(status: number, reason: string | undefined): string {
  if (reason === undefined) {
    const known = knownStatusLines.get(status);
    if (known !== undefined) return known;
  }
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new HttpUsageError('BAD_STATUS', `status ${String(status)}, expected 100–999`);
  }
  const phrase = reason ?? reasonPhrase(status);
  if (!isFieldValue(phrase))
    throw new HttpUsageError('BAD_STATUS', 'a control or non-latin1 character in the reason');
  const line = flatten(`HTTP/1.1 ${String(status)} ${phrase}\r\n`);
  if (reason === undefined) knownStatusLines.set(status, line);
  return line;
}

/**
 * @throws HttpUsageError `BAD_FIELD` for a name that is no token, a value with CR, LF, NUL or a character above U+00FF, a
 *   Transfer-Encoding (framing is not the caller's), or a Content-Length that is no length or stands twice.
 */
export function writeFields(fields: HeaderList): WrittenFields {
  const into: WrittenFields = {
    text: '',
    contentLength: -1,
    close: false,
    hasDate: false,
    hasUpgrade: false,
    upgrades: false,
    keepAlive: false,
    hosts: [],
  };
  for (const field of fields) {
    const name = field[0];
    const value = field[1];
    const role = knownNames.get(name) ?? learnName(name);
    if (!isFieldValue(value))
      throw badField(name, 'has a value that is no text, or a control or non-latin1 character in it');
    if (role !== ORDINARY) readRole(role, name, value, into);
    if (role !== CONTENT_LENGTH) into.text += `${name}: ${value}\r\n`;
  }
  return into;
}

/** Fields of a trailer section. @throws HttpUsageError `BAD_FIELD` as {@link writeFields}, and for fields no trailer may hold. */
export function writeTrailers(fields: HeaderList): string {
  for (const [name] of fields) {
    if ((knownNames.get(name) ?? learnName(name)) !== ORDINARY) {
      throw badField(name, 'may not stand in a trailer section');
    }
  }
  return writeFields(fields).text;
}

/** One string in one piece: V8 makes `+` a tree, which every write would walk again. Looking at a character flattens it. */
export function flatten(text: string): string {
  text.charCodeAt(text.length - 1);
  return text;
}

/** Field content of RFC 9110 5.5: neither control characters but HTAB, nor anything a byte cannot hold. */
function isFieldValue(text: unknown): text is string {
  // What is no string could become another text when it is sent than it was when it was checked.
  if (typeof text !== 'string') return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 ? code !== 9 : code === 127 || code > 255) return false;
  }
  return true;
}

function learnName(name: unknown): number {
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw badField(String(name), 'is no header name');
  const role = roleOf.get(name.toLowerCase()) ?? ORDINARY;
  if (knownNames.size < maxKnownNames) knownNames.set(name, role);
  return role;
}

function readRole(role: number, name: string, value: string, into: WrittenFields): void {
  if (role === DATE) into.hasDate = true;
  else if (role === FRAMING) throw badField(name, 'frames the body, which is not the caller’s to do');
  else if (role === UPGRADE) into.hasUpgrade = true;
  else if (role === HOST) into.hosts = [...into.hosts, value];
  else if (role === CONNECTION) {
    into.close ||= /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value);
    into.upgrades ||= /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(value);
    into.keepAlive ||= /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i.test(value);
  } else {
    const length = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
    if (!Number.isSafeInteger(length)) throw badField(name, 'is no length');
    if (into.contentLength >= 0) throw badField(name, 'stands twice');
    into.contentLength = length;
  }
}

export function badField(name: string, what: string): HttpUsageError {
  return new HttpUsageError('BAD_FIELD', `${JSON.stringify(name)} ${what}`);
}

/**
 * Checks fields without writing them, for those who take them earlier than they send them.
 *
 * @throws HttpUsageError `BAD_FIELD` as {@link writeFields}
 */
export function checkFields(fields: HeaderList): void {
  for (const field of fields) {
    const name = field[0];
    if (!knownNames.has(name)) learnName(name);
    if (!isFieldValue(field[1])) {
      throw badField(name, 'has a value that is no text, or a control or non-latin1 character in it');
    }
  }
}
