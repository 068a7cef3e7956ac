import { negotiateMediaType } from '@wirestack/http/fields';
import { reasonPhrase } from '@wirestack/http';
import type { Body, Chunk, Middleware, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { keepLifespan } from '../lifespan.ts';
import { UpgradeBody } from '../upgrade.ts';
import { developmentPage } from './error-pages/development-page.ts';
import { plainPage, type ErrorPage, type Problem } from './error-pages/plain-page.ts';
import { changeBody } from './response-parts.ts';

export type { ErrorPage, Problem } from './error-pages/plain-page.ts';

export interface ErrorPagesOptions {
  /** Shows the error, its stack with the source around, and the request. Default false: it tells strangers how the inside looks. Ask for it where only you look. */
  readonly development?: boolean;
  /** A page of your own; where it answers nothing, or throws, there is the plain one. Not asked in development. */
  readonly page?: (problem: Problem, environ: Environ) => ErrorPage | undefined;
  /** Told of each error that is answered with 500 or more, or came too late to be answered. Default: its stack to `wsgi.errors`. */
  readonly onError?: (error: unknown, environ: Environ) => void;
}

/**
 * Answers for an application that failed: in HTML, JSON (RFC 9457) or text, as the client likes it, with the id of the request and nothing about the inside.
 *
 * ```ts
 * const app = requestId()(errorPages({ development: process.env['NODE_ENV'] === 'development' })(routes));
 * ```
 *
 * The status is that of the error (`status` or `statusCode`, 400 to 599: `FormError`, `HttpProtocolError`), or else 500. Its message is shown only if the error says so (`expose: true`).
 *
 * A body that fails before its first byte is answered, too: the head is replaced (`startResponse` with the error). Once the head is sent the error goes on, and the connection ends. Reads
 * `wirestack.request_id`.
 *
 * @throws TypeError for an option that is none
 */
export function errorPages(options: ErrorPagesOptions = {}): Middleware {
  const { development = false, page, onError = toErrorStream } = options;
  if (typeof development !== 'boolean') throw new TypeError('development is true or false');
  if (page !== undefined && typeof page !== 'function') throw new TypeError('page is no function');
  if (typeof onError !== 'function') throw new TypeError('onError is no function');
  const settings: Settings = { development, page, onError };
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const answer = (error: unknown): string[] => answerWith(error, environ, startResponse, settings);
      let body;
      try {
        body = app(environ, startResponse);
      } catch (error) {
        return answer(error);
      }
      const guarded = changeBody(body, (one) => guard(one, answer));
      return guarded instanceof Promise ? guarded.catch(answer) : guarded;
    });
}

interface Settings {
  readonly development: boolean;
  readonly page: ErrorPagesOptions['page'];
  readonly onError: (error: unknown, environ: Environ) => void;
}

type Answer = (error: unknown) => string[];

/** What is there already cannot fail. */
function guard(body: Body, answer: Answer): Body {
  const isThere = Array.isArray(body) && (body as Body).close === undefined;
  if (isThere || body instanceof FileWrapper || body instanceof UpgradeBody) return body;
  return new GuardedBody(body, answer);
}

class GuardedBody implements AsyncIterable<Chunk> {
  readonly #body: Body;
  readonly #answer: Answer;

  constructor(body: Body, answer: Answer) {
    this.#body = body;
    this.#answer = answer;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    let page: string[];
    try {
      yield* this.#body;
      return;
    } catch (error) {
      // Throws the error where the head is sent.
      page = this.#answer(error);
    }
    yield* page;
  }

  async close(): Promise<void> {
    await this.#body.close?.();
  }
}

/** @throws `error` where the head is sent */
function answerWith(
  error: unknown,
  environ: Environ,
  startResponse: StartResponse,
  settings: Settings,
): string[] {
  const status = statusOf(error);
  if (status >= 500) report(error, environ, settings.onError);
  const { type, body } = pageFor(error, status, environ, settings);
  const phrase: `${number} ${string}` = `${String(status) as `${number}`} ${reasonPhrase(status)}`;
  const headers = [['Content-Type', type], ...safeHeaders] as const;
  startResponse(phrase, headers, error ?? new Error('undefined was thrown'));
  return [body];
}

/** No script runs in it, nobody keeps it, and nobody takes it for something else. */
const safeHeaders = [
  ['Cache-Control', 'no-store'],
  [
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['X-Content-Type-Options', 'nosniff'],
] as const;

function pageFor(error: unknown, status: number, environ: Environ, settings: Settings): ErrorPage {
  const mediaType = negotiateMediaType(environ['HTTP_ACCEPT'], mediaTypes) ?? 'text/plain';
  const id = environ['wirestack.request_id'];
  const problem: Problem = {
    status,
    reason: reasonPhrase(status),
    detail: exposedMessage(error),
    requestId: typeof id === 'string' ? id : undefined,
    mediaType,
    error,
  };
  try {
    const own = settings.development ? developmentPage(problem, environ) : settings.page?.(problem, environ);
    if (own !== undefined) return own;
  } catch (failure) {
    report(failure, environ, settings.onError);
  }
  return plainPage(problem);
}

/** Text first: what accepts anything is a program, and browsers name HTML. */
const mediaTypes = ['text/plain', 'text/html', 'application/json', 'application/problem+json'];

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown };
  const found = status ?? statusCode;
  return Number.isInteger(found) && (found as number) >= 400 && (found as number) <= 599
    ? (found as number)
    : 500;
}

function exposedMessage(error: unknown): string | undefined {
  return error instanceof Error && 'expose' in error && error.expose === true ? error.message : undefined;
}

/** What the report itself fails at must not take the answer's place. */
function report(error: unknown, environ: Environ, onError: Settings['onError']): void {
  try {
    onError(error, environ);
  } catch (failure) {
    environ['wsgi.errors'].write(`${String(failure)}\n`);
  }
}

function toErrorStream(error: unknown, environ: Environ): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  environ['wsgi.errors'].write(`${text}\n`);
}
