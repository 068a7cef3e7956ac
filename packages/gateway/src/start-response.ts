import { checkFields, HttpUsageError, reasonPhrase, type HeaderList } from '@wirestack/http/protocol';
import type { Chunk, StartResponse, Write } from './application.ts';
import { GatewayUsageError } from './errors.ts';
import { isHopByHop } from './hop-by-hop.ts';
import { WriteQueue } from './write-queue.ts';

/** A status line's two parts. `reason` is undefined where it is the registered one. */
export interface Status {
  readonly code: number;
  readonly reason: string | undefined;
  /** Fields that were found right with this status: name, value, name, value …. Most applications send the same ones again and again. */
  readonly checked: string[][];
}

/** What an application has said of its response so far: the discipline of PEP 3333's `start_response`. */
export class ResponseStart {
  status: Status | undefined;
  headers: HeaderList = [];
  /** The head is on its way: it cannot be replaced any more. */
  isSent = false;
  /** The body is what `wirestack.upgrade` made. */
  isUpgrade = false;
  /** What the application wrote instead of yielding it; there only if it did. */
  written: WriteQueue | undefined;
  /** Called at the first `write` that is not empty, where somebody waits for it. */
  onWrite: (() => void) | undefined;
  #hasReturned = false;

  readonly start: StartResponse = (status, headers, error) => {
    if (this.status !== undefined) {
      if (error === undefined) {
        throw new GatewayUsageError(
          'STARTED_TWICE',
          'startResponse was called twice, the second time without an error',
        );
      }
      // What the application gave is what it gets: PEP 3333 re-raises `exc_info`.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      if (this.isSent) throw error;
    }
    const parsed = parseStatus(status);
    if (!isKnown(parsed.checked, headers)) checkUnknown(parsed, headers);
    this.status = parsed;
    this.headers = headers;
    return this.#write;
  };

  /** The application has returned: what it says from now on belongs into its body. */
  finish(): void {
    this.#hasReturned = true;
    this.written?.finish();
  }

  readonly #write: Write = (chunk: Chunk) => {
    if (this.#hasReturned) throw new GatewayUsageError('FINISHED', 'write() after the application returned');
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new GatewayUsageError('BAD_BODY', 'write() takes a string or bytes');
    }
    if (chunk.length === 0) return Promise.resolve();
    this.isSent = true;
    this.written ??= new WriteQueue();
    const taken = this.written.push(chunk);
    this.onWrite?.();
    return taken;
  };
}

/** `200 OK` → its parts. @throws GatewayUsageError `BAD_STATUS` */
function parseStatus(status: string): Status {
  // Most responses of a program have the same one.
  if (status === lastStatus && lastParsed !== undefined) return lastParsed;
  const known = knownStatuses.get(status);
  if (known !== undefined) {
    lastStatus = status;
    lastParsed = known;
    return known;
  }
  const match = /^(101|[2-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(status);
  if (match === null) {
    throw new GatewayUsageError(
      'BAD_STATUS',
      `${JSON.stringify(status)} is no final status such as "200 OK", and not 101`,
    );
  }
  const code = Number(match[1]);
  const reason = match[2] === reasonPhrase(code) ? undefined : match[2];
  const parsed: Status = { code, reason, checked: [] };
  if (knownStatuses.size < maxKnownStatuses) knownStatuses.set(status, parsed);
  return parsed;
}

function checkHeaders(headers: HeaderList, status: number): void {
  for (const header of headers) {
    // What is no string could become another text when it is sent than it was when it was checked.
    if (typeof header[0] !== 'string' || typeof header[1] !== 'string') {
      throw new GatewayUsageError(
        'BAD_HEADER',
        `${JSON.stringify(header[0])}: a header is a pair of strings`,
      );
    }
  }
  try {
    checkFields(headers);
  } catch (error) {
    if (error instanceof HttpUsageError) throw new GatewayUsageError('BAD_HEADER', error.message);
    throw error;
  }
  for (const header of headers) {
    const name = header[0];
    if (isOrdinary.has(name)) continue;
    if (isHopByHop(name)) {
      // What is changed to, or could be, is the application's to say (RFC 9110 7.8, 15.5.22).
      if ((status === 101 || status === 426) && name.toLowerCase() === 'upgrade') continue;
      throw new GatewayUsageError(
        'HOP_BY_HOP',
        `${name} belongs to the connection, which is the server's (RFC 9110 7.6.1)`,
      );
    }
    if (isOrdinary.size < maxOrdinary) isOrdinary.add(name);
  }
}

function isKnown(checked: readonly (readonly string[])[], headers: HeaderList): boolean {
  for (const known of checked) if (isSameFields(known, headers)) return true;
  return false;
}

/**
 * Fields are right one by one. So where there is a list like this one, only those that are not in the same place of it are looked at: an id of a request, a count. It takes the place of
 * that list, which would hardly come back.
 */
function checkUnknown({ checked, code }: Status, headers: HeaderList): void {
  const alike = checked.find((known) => known.length === 2 * headers.length);
  const changed = alike === undefined ? headers : changedFields(alike, headers);
  checkHeaders(changed, code);
  if (alike !== undefined && (changed.length <= maxChanged || checked.length === maxChecked)) {
    putFields(alike, headers);
  } else if (headers.length <= maxFields) {
    const known: string[] = [];
    putFields(known, headers);
    // Some other one goes: what keeps coming is soon back.
    if (checked.length < maxChecked) checked.push(known);
    else checked[nextChecked++ % maxChecked] = known;
  }
}

function changedFields(known: readonly string[], headers: HeaderList): HeaderList {
  const changed: (readonly [string, string])[] = [];
  let at = 0;
  for (const header of headers) {
    if (known[at] !== header[0] || known[at + 1] !== header[1]) changed.push(header);
    at += 2;
  }
  return changed;
}

/** Several times as fast as `flat()`. */
function putFields(into: string[], headers: HeaderList): void {
  let at = 0;
  for (const header of headers) {
    into[at++] = header[0];
    into[at++] = header[1];
  }
}

/** `known` has name, value, name, value …. Compared by content: a program may change an array that it gave before. */
function isSameFields(known: readonly string[], headers: HeaderList): boolean {
  if (known.length !== 2 * headers.length) return false;
  let at = 0;
  for (const header of headers) {
    if (known[at] !== header[0] || known[at + 1] !== header[1]) return false;
    at += 2;
  }
  return true;
}

/** Lists kept for each status: a few of them, for each layer of middleware has its own. */
const maxChecked = 8;
/** What differs in more is another list, and not the same with other values. */
const maxChanged = 4;
/** Longer ones are not kept. */
const maxFields = 32;
let nextChecked = 0;

let lastStatus = '';
let lastParsed: Status | undefined;
const knownStatuses = new Map<string, Status>();
const maxKnownStatuses = 256;
/** Names found to be nobody's but the application's, as they were written. */
const isOrdinary = new Set<string>();
const maxOrdinary = 1024;
