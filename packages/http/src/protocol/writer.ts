import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { reasonPhrase } from './reason.ts';

/** What a field of a response decides besides being sent. */
const ORDINARY = 0;
const CONTENT_LENGTH = 1;
const CONNECTION = 2;
const DATE = 3;
const FRAMING = 4;

const roleOf: ReadonlyMap<string, number> = new Map([
  ['content-length', CONTENT_LENGTH],
  ['connection', CONNECTION],
  ['date', DATE],
  ['transfer-encoding', FRAMING],
]);

/** Names already found valid, as they were written: most programs use a few dozen. */
const knownNames = new Map<string, number>();
const maxKnownNames = 1024;
const knownStatusLines = new Map<number, string>();

/** Field lines as text, and what they say of the message. */
export interface WrittenFields {
  text: string;
  /** -1 where there is none. */
  contentLength: number;
  close: boolean;
  hasDate: boolean;
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
  if (!isFieldValue(phrase)) throw new HttpUsageError('BAD_STATUS', 'a control or non-latin1 character in the reason');
  const line = `HTTP/1.1 ${String(status)} ${phrase}\r\n`;
  if (reason === undefined) knownStatusLines.set(status, line);
  return line;
}

/**
 * @throws HttpUsageError `BAD_FIELD` for a name that is no token, a value with CR, LF, NUL or a character above U+00FF, a
 *   Transfer-Encoding (framing is the server's), or a Content-Length that is no length or stands twice.
 */
export function writeFields(fields: HeaderList, into: WrittenFields): void {
  for (const field of fields) {
    const name = field[0];
    const value = field[1];
    const role = knownNames.get(name) ?? learnName(name);
    if (!isFieldValue(value)) throw badField(name, 'has a control or non-latin1 character in its value');
    if (role !== ORDINARY) readRole(role, name, value, into);
    into.text += `${name}: ${value}\r\n`;
  }
}

/** Fields of a trailer section. @throws HttpUsageError `BAD_FIELD` as {@link writeFields}, and for fields no trailer may hold. */
export function writeTrailers(fields: HeaderList): string {
  const written: WrittenFields = { text: '', contentLength: -1, close: false, hasDate: false };
  for (const [name] of fields) {
    if ((knownNames.get(name) ?? learnName(name)) !== ORDINARY || name.toLowerCase() === 'host') {
      throw badField(name, 'may not stand in a trailer section');
    }
  }
  writeFields(fields, written);
  return written.text;
}

/** Field content of RFC 9110 5.5: neither control characters but HTAB, nor anything a byte cannot hold. */
function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 ? code !== 9 : code === 127 || code > 255) return false;
  }
  return true;
}

function learnName(name: string): number {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw badField(name, 'is no header name');
  const role = roleOf.get(name.toLowerCase()) ?? ORDINARY;
  if (knownNames.size < maxKnownNames) knownNames.set(name, role);
  return role;
}

function readRole(role: number, name: string, value: string, into: WrittenFields): void {
  if (role === DATE) into.hasDate = true;
  else if (role === FRAMING) throw badField(name, 'is the server’s to send');
  else if (role === CONNECTION) into.close ||= /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value);
  else {
    const length = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
    if (!Number.isSafeInteger(length)) throw badField(name, 'is no length');
    if (into.contentLength >= 0) throw badField(name, 'stands twice');
    into.contentLength = length;
  }
}

function badField(name: string, what: string): HttpUsageError {
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
    if (!isFieldValue(field[1])) throw badField(name, 'has a control or non-latin1 character in its value');
  }
}
