import { HttpUsageError } from '../errors.ts';
import type { HeaderList } from '../headers.ts';
import { isAuthority } from './authority.ts';
import { TARGET, TOKEN } from './octets.ts';
import { badField, flatten, isSameFields, writeFields } from './writer.ts';

/** The head of a request to send. */
export interface RequestLine {
  /** A token, as it is to be sent: case counts (RFC 9110 9.1). */
  readonly method: string;
  /** One of the forms of RFC 9112 3.2, percent-encoded: `/path?query`, `http://host/path` to a proxy, `host:port` for CONNECT, `*`. */
  readonly target: string;
  /** Default `1.1`. */
  readonly version?: '1.0' | '1.1' | undefined;
  /** In HTTP/1.1 with one Host. Content-Length and Transfer-Encoding are set by who frames the body. */
  readonly headers?: HeaderList | undefined;
}

/** Request line and field lines as text, and what they say of the message. */
export interface WrittenRequest {
  readonly text: string;
  /** -1 where there is none; the line itself is left to whoever frames the body. */
  readonly contentLength: number;
  /** Another request may follow on the connection as far as this one goes. */
  readonly keepAlive: boolean;
  /** It asks for another protocol (RFC 9110 7.8), or is CONNECT. */
  readonly maySwitch: boolean;
}

/**
 * The head of a request up to the fields that frame its body. Heads that repeat are remembered, as those of responses are.
 *
 * @throws HttpUsageError `BAD_REQUEST` for a method, target or version that would break the line; `BAD_FIELD` as `writeFields`, and for HTTP/1.1
 *   without exactly one Host, that is a host with an optional port or empty
 */
export function writeRequestHead(request: RequestLine): WrittenRequest {
  const { method, target, version = '1.1', headers = noFields } = request;
  const slot = slotOf(target, headers.length);
  const memo = memos[slot];
  if (memo !== undefined && isSame(memo, method, target, version, headers)) return memo.head;
  checkLine(method, target, version);
  const fields = writeFields(headers);
  checkHost(fields.hosts, version);
  const head: WrittenRequest = {
    text: flatten(`${method} ${target} HTTP/${version}\r\n${fields.text}`),
    contentLength: fields.contentLength,
    keepAlive: !fields.close && (version === '1.1' || fields.keepAlive),
    maySwitch: method === 'CONNECT' || (version === '1.1' && fields.hasUpgrade && fields.upgrades),
  };
  if (head.text.length <= maxMemoLength)
    memos[slot] = { method, target, version, fields: headers.flat(), head };
  return head;
}

function isSame(memo: Memo, method: string, target: string, version: string, headers: HeaderList): boolean {
  if (memo.method !== method || memo.target !== target || memo.version !== version) return false;
  return isSameFields(memo.fields, headers);
}

interface Memo {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly string[];
  readonly head: WrittenRequest;
}

const memoSlots = 16;
const memos: (Memo | undefined)[] = Array.from({ length: memoSlots }, () => undefined);
/** What is longer is not kept: a memo must not hold much of a program's memory. */
const maxMemoLength = 2048;
const noFields: HeaderList = [];

/** `target` is not checked yet. */
function slotOf(target: unknown, count: number): number {
  return ((typeof target === 'string' ? target.length : 0) + 5 * count) & (memoSlots - 1);
}

function checkLine(method: unknown, target: unknown, version: unknown): void {
  if (!consistsOf(method, TOKEN)) throw badRequest('the method is no token');
  if (!consistsOf(target, TARGET))
    throw badRequest('a character in the target that no URI has, or none at all');
  if (version !== '1.1' && version !== '1.0')
    throw badRequest(`version ${String(version)}, expected 1.0 or 1.1`);
  if (method === 'CONNECT' && !isHost(target, true)) throw badRequest('CONNECT wants host:port');
}

/** RFC 9112 3.2: one Host in HTTP/1.1, and empty where the target has no authority. */
function checkHost(hosts: readonly string[], version: string): void {
  const [host] = hosts;
  if (hosts.length > 1) throw badField('Host', 'stands twice');
  if (host === undefined && version === '1.1')
    throw badField('Host', 'has to stand in a request of HTTP/1.1');
  if (host !== undefined && host !== '' && !isHost(host, false))
    throw badField('Host', 'is no host with an optional port');
}

function isHost(text: string, portRequired: boolean): boolean {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return isAuthority(bytes, 0, bytes.length, portRequired);
}

/** A string, not empty, all of whose characters are in `accepted`. */
function consistsOf(text: unknown, accepted: Uint8Array): text is string {
  if (typeof text !== 'string' || text === '') return false;
  for (let i = 0; i < text.length; i++) if (accepted[text.charCodeAt(i)] !== 1) return false;
  return true;
}

function badRequest(what: string): HttpUsageError {
  return new HttpUsageError('BAD_REQUEST', what);
}
