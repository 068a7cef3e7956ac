import { accessLog as serverLog, systemClock, type Clock, type HttpRequest } from '@wirestack/http';
import type { Middleware } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { watchResponse, type ResponseOutcome } from './response-outcome.ts';
import { matchedRoute, routeOf, type MatchedRoute } from './router/matched-route.ts';

/** What is known of a request when its response is done with. Text is as the client sent it: escape what goes to a terminal, a page or a database. */
export interface AccessLogEntry {
  /** Milliseconds since 1970 when the request came to this middleware. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly client: string;
  /** `REMOTE_USER`, as an authenticating middleware within has set it; empty without one. */
  readonly user: string;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** As it was sent, with its query. */
  readonly target: string;
  /** `1.1` */
  readonly version: string;
  readonly status: number;
  /** Of the body; 0 for HEAD. Of a file that was not sent to its end its length. */
  readonly bytes: number;
  /** The body did not come to its end: the client left, or the application failed under way. */
  readonly aborted: boolean;
  /** `wirestack.request_id`; empty without one. */
  readonly requestId: string;
  /** The pattern that a router has found; empty without one. */
  readonly route: string;
  readonly referer: string;
  readonly userAgent: string;
}

export interface AccessLogOptions {
  /**
   * `common` and `combined` as Apache and nginx, `json` an object a line; or a function that makes the line, of which control characters are escaped. Default `combined`: what log
   * readers expect.
   */
  readonly format?: 'common' | 'combined' | 'json' | ((entry: AccessLogEntry) => string);
  /** Takes whole lines, each with its LF; those of one turn of the event loop come together. Default: standard output. */
  readonly write?: (lines: string) => void;
  readonly clock?: Pick<Clock, 'now' | 'elapsed'>;
}

/**
 * Writes a line for each response when its body is done with. Unlike the observer of the server it knows what the application knows: the user, the route, the request id.
 *
 * ```ts
 * const app = accessLog({ format: 'json' })(requestId()(routes));
 * ```
 *
 * What a client sent stands in a line escaped: no request can write a line of its own, or one that a terminal obeys (CWE-117).
 *
 * Reads `wirestack.request_id`, `REMOTE_USER` and the route that a router within has found (also below a mount).
 *
 * @throws TypeError for an option that is none
 */
export function accessLog(options: AccessLogOptions = {}): Middleware {
  const { format = 'combined', write = toStandardOutput, clock = systemClock } = options;
  if (typeof write !== 'function') throw new TypeError('write is no function');
  const log = logFor(format, write);
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const request = new LoggedRequest(environ, clock);
      return watchResponse(app, environ, startResponse, (outcome) => {
        log(request.entry(outcome));
      });
    });
}

/** What is known at the beginning, kept from middleware within that changes the environ. */
class LoggedRequest {
  readonly #environ: Environ;
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #matched: MatchedRoute;
  readonly #method: string;
  readonly #startedAt: number;
  readonly #began: number;

  constructor(environ: Environ, clock: Pick<Clock, 'now' | 'elapsed'>) {
    this.#environ = environ;
    this.#clock = clock;
    this.#matched = matchedRoute(environ);
    this.#method = environ.REQUEST_METHOD;
    this.#startedAt = clock.now();
    this.#began = clock.elapsed();
  }

  entry({ status, bodyBytes, isAborted }: ResponseOutcome): AccessLogEntry {
    const environ = this.#environ;
    return {
      startedAt: this.#startedAt,
      durationMs: this.#clock.elapsed() - this.#began,
      client: environ.REMOTE_ADDR,
      user: textOf(environ['REMOTE_USER']),
      method: this.#method,
      scheme: environ['wsgi.url_scheme'],
      authority: environ['HTTP_HOST'] ?? '',
      target: environ.REQUEST_URI,
      version: environ.SERVER_PROTOCOL.replace('HTTP/', ''),
      status,
      bytes: bodyBytes,
      aborted: isAborted,
      requestId: textOf(environ['wirestack.request_id']),
      route: routeOf(environ, this.#matched),
      referer: environ['HTTP_REFERER'] ?? '',
      userAgent: environ['HTTP_USER_AGENT'] ?? '',
    };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

type Log = (entry: AccessLogEntry) => void;

function logFor(format: unknown, write: (lines: string) => void): Log {
  if (format === 'common' || format === 'combined') return serverLines(format, write);
  if (format === 'json') return ownLines(jsonLine, write);
  if (typeof format === 'function') {
    const line = format as (entry: AccessLogEntry) => string;
    return ownLines((entry) => escapeControls(line(entry)), write);
  }
  throw new TypeError('format is "common", "combined", "json" or a function');
}

/** The lines of the server's own log, made by it: there they have no user. */
function serverLines(format: 'common' | 'combined', write: (lines: string) => void): Log {
  let users: string[] = [];
  const observer = serverLog({
    format,
    write: (lines) => {
      const batch = users;
      users = [];
      write(batch.every((user) => user === '') ? lines : withUsers(lines, batch));
    },
  });
  return (entry) => {
    users.push(entry.user);
    const { status, bytes, startedAt, durationMs, aborted } = entry;
    observer.requestEnded?.(requestOf(entry), {
      status,
      sentBytes: bytes,
      receivedBytes: 0,
      startedAt,
      durationMs,
      isComplete: !aborted,
    });
  };
}

/** As much of a request as those lines are made of. */
function requestOf(entry: AccessLogEntry): HttpRequest {
  const { client, method, target, version, referer, userAgent } = entry;
  const fields: Readonly<Record<string, string>> = { referer, 'user-agent': userAgent };
  const headers = { get: (name: string) => (fields[name] === '' ? undefined : fields[name]) };
  return { clientAddress: client, method, target, version, headers } as unknown as HttpRequest;
}

/** `127.0.0.1 - - [` → `127.0.0.1 - ada [`, a user a line. */
function withUsers(lines: string, users: readonly string[]): string {
  return lines
    .split('\n')
    .map((line, place) => {
      const user = users[place] ?? '';
      return user === '' ? line : line.replace(' - - [', () => ` - ${user.replace(unsafeInUser, hex)} [`);
    })
    .join('\n');
}

/** A blank would end the field. */
const unsafeInUser = /[^!#-[\]-~]/gu;

function jsonLine({ startedAt, ...rest }: AccessLogEntry): string {
  return escapeControls(JSON.stringify({ time: new Date(startedAt).toISOString(), ...rest }), jsonEscape);
}

function jsonEscape(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What ends a line somewhere, or what a terminal obeys. */
function escapeControls(text: string, escape: (mark: string) => string = hex): string {
  return text.replace(controls, escape);
}

// What a terminal or a log reader would act on.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

function hex(mark: string): string {
  const [...bytes] = Buffer.from(mark);
  return bytes.map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Those of one turn together. */
function ownLines(lineOf: (entry: AccessLogEntry) => string, write: (lines: string) => void): Log {
  let lines = '';
  const flush = (): void => {
    const batch = lines;
    lines = '';
    write(batch);
  };
  return (entry) => {
    const line = lineOf(entry);
    if (lines === '') queueMicrotask(flush);
    lines += `${line}\n`;
  };
}

function toStandardOutput(lines: string): void {
  process.stdout.write(lines);
}
