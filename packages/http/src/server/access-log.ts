import type { RequestOutcome, ServerObserver } from './observer.ts';
import type { HttpRequest } from './request.ts';

/**
 * - `common`: Apache's and nginx's `host - - [time] "request line" status bytes`
 * - `combined`: and `"Referer" "User-Agent"`
 * - `json`: an object a line, with the rest of what is known
 */
export type AccessLogFormat = 'common' | 'combined' | 'json';

export interface AccessLogOptions {
  /** Default `combined`: what log readers expect. */
  readonly format?: AccessLogFormat;
  /** Takes whole lines, each with its LF; those of one turn come together, after it: what it throws is uncaught. Default: standard output. */
  readonly write?: (lines: string) => void;
}

/**
 * Writes a line for each request that ended, with the time it came. What a client sent stands in it escaped: no request can write a line of its
 * own, or one that a terminal obeys.
 *
 * The status of a request without an answer is 499, as in nginx, for readers that expect a status.
 */
export function accessLog(options: AccessLogOptions = {}): ServerObserver {
  const { format = 'combined', write = toStandardOutput } = options;
  const line = formats[format];
  let lines = '';
  const flush = (): void => {
    const batch = lines;
    lines = '';
    write(batch);
  };
  return {
    requestEnded: (request, outcome) => {
      if (lines === '') queueMicrotask(flush);
      lines += line(request, outcome);
    },
  };
}

const formats: Readonly<Record<AccessLogFormat, (request: HttpRequest, outcome: RequestOutcome) => string>> =
  {
    common: (request, outcome) => `${common(request, outcome)}\n`,
    combined: (request, outcome) =>
      `${common(request, outcome)} ${field(request, 'referer')} ${field(request, 'user-agent')}\n`,
    json,
  };

/** What was not answered, nginx's number for it. */
const statusUnanswered = 499;

function common(request: HttpRequest, { status, sentBytes, startedAt }: RequestOutcome): string {
  const who = request.clientAddress === '' ? '-' : request.clientAddress;
  const line = `${request.method} ${request.target} HTTP/${request.version}`;
  const bytes = sentBytes === 0 ? '-' : String(sentBytes);
  return `${escaped(who)} - - [${logTime(startedAt)}] "${escaped(line)}" ${String(status || statusUnanswered)} ${bytes}`;
}

function field(request: HttpRequest, name: string): string {
  return `"${escaped(request.headers.get(name) ?? '-')}"`;
}

function json(request: HttpRequest, outcome: RequestOutcome): string {
  const { status, sentBytes, receivedBytes, startedAt, durationMs, isComplete } = outcome;
  // JSON escapes quotes and control characters but DEL and those of 80–9F, which some terminals obey.
  return `${JSON.stringify({
    time: new Date(startedAt).toISOString(),
    client: request.clientAddress,
    method: request.method,
    scheme: request.scheme,
    authority: request.authority,
    target: request.target,
    version: request.version,
    status: status || statusUnanswered,
    isComplete,
    sentBytes,
    receivedBytes,
    durationMs,
    referer: request.headers.get('referer'),
    userAgent: request.headers.get('user-agent'),
  }).replace(aboveAscii, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

const aboveAscii = /[\u007f-\u00ff]/g;

/** As nginx does: what is not visible ASCII, the quote and the backslash as `\xHH`. */
function escaped(text: string): string {
  return unsafe.test(text) ? text.replaceAll(eachUnsafe, hex) : text;
}

const unsafe = /[^ !#-[\]-~]/;
const eachUnsafe = /[^ !#-[\]-~]/g;

function hex(mark: string): string {
  return `\\x${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = -1;
let lastTime = '';

/** `21/Nov/2026:17:52:01 +0000`, made once a second. UTC: a log that is read elsewhere, or across a change of the clocks, stays in order. */
function logTime(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    const [date = '', time = ''] = new Date(second * 1000).toISOString().split('T');
    const [year, month, day] = date.split('-');
    lastTime = `${String(day)}/${String(months[Number(month) - 1])}/${String(year)}:${time.slice(0, 8)} +0000`;
    lastSecond = second;
  }
  return lastTime;
}

function toStandardOutput(lines: string): void {
  process.stdout.write(lines);
}
