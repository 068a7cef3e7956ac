import { checkFields, HttpUsageError, reasonPhrase, type HeaderList } from '@wirestack/http';
import type { Chunk, StartResponse, Write } from './application.ts';
import { GatewayUsageError } from './errors.ts';
import { WriteQueue } from './write-queue.ts';

/** A status line's two parts. `reason` is undefined where it is the registered one. */
export interface Status {
  readonly code: number;
  readonly reason: string | undefined;
}

/** What an application has said of its response so far: the discipline of PEP 3333's `start_response`. */
export class ResponseStart {
  status: Status | undefined;
  headers: HeaderList = [];
  /** The head is on its way: it cannot be replaced any more. */
  isSent = false;
  /** What the application wrote instead of yielding it; there only if it did. */
  written: WriteQueue | undefined;
  /** Called at the first `write`, where somebody waits for it. */
  onWrite: (() => void) | undefined;

  readonly start: StartResponse = (status, headers, error) => {
    if (this.status !== undefined) {
      if (error === undefined) {
        throw new GatewayUsageError('STARTED_TWICE', 'startResponse was called twice, the second time without an error');
      }
      if (this.isSent) throw error;
    }
    const parsed = parseStatus(status);
    checkHeaders(headers);
    this.status = parsed;
    this.headers = headers;
    return this.#write;
  };

  readonly #write: Write = (chunk: Chunk) => {
    this.written ??= new WriteQueue();
    const taken = this.written.push(chunk);
    this.onWrite?.();
    return taken;
  };
}

/** `200 OK` → its parts. @throws GatewayUsageError `BAD_STATUS` */
export function parseStatus(status: string): Status {
  const known = knownStatuses.get(status);
  if (known !== undefined) return known;
  const match = /^([2-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(status);
  if (match === null) {
    throw new GatewayUsageError('BAD_STATUS', `${JSON.stringify(status)} is no final status such as "200 OK"`);
  }
  const code = Number(match[1]);
  const reason = match[2] === reasonPhrase(code) ? undefined : match[2];
  const parsed: Status = { code, reason };
  if (knownStatuses.size < maxKnownStatuses) knownStatuses.set(status, parsed);
  return parsed;
}

function checkHeaders(headers: HeaderList): void {
  try {
    checkFields(headers);
  } catch (error) {
    if (error instanceof HttpUsageError) throw new GatewayUsageError('BAD_HEADER', error.message);
    throw error;
  }
  for (const header of headers) {
    const name = header[0];
    if (isOrdinary.has(name)) continue;
    if (hopByHop.has(name.toLowerCase())) {
      throw new GatewayUsageError('HOP_BY_HOP', `${name} belongs to the connection, which is the server's (RFC 9110 7.6.1)`);
    }
    if (isOrdinary.size < maxOrdinary) isOrdinary.add(name);
  }
}

const knownStatuses = new Map<string, Status>();
const maxKnownStatuses = 256;
/** Names found to be nobody's but the application's, as they were written. */
const isOrdinary = new Set<string>();
const maxOrdinary = 1024;

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);
