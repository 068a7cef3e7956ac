import type { HeaderList } from '@wirestack/http';
import type { Body, Middleware, StartResponse } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import { keepLifespan } from '../../lifespan.ts';
import { fieldOf } from '../response-parts.ts';
import { answerSettled, passOn, type SettledResponse } from '../settled-response.ts';
import { mergeVary } from '../vary.ts';
import { Seal, type Opened } from './seal.ts';
import { Session, type SessionSource } from './session.ts';
import { SessionCookie, type SessionCookieOptions } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';

export interface SessionsOptions {
  /** 32 bytes at least. Of several the first signs and all are believed: a new one goes in front, and the old one when its cookies are over. */
  readonly secret: string | readonly string[];
  /**
   * Of the cookie. Default `session`. A secure cookie of the whole host gets `__Host-` in front (RFC 6265bis 4.1.3.2): a subdomain, or a page of http, cannot set
   * it then.
   */
  readonly name?: string;
  /** From its last change, or, where it is `rolling`, its last use. Default 86,400: a day. */
  readonly maxAgeSeconds?: number;
  /** Where the data is. Default: in the cookie, signed and readable, 4,096 bytes at most. */
  readonly store?: SessionStore;
  readonly cookie?: SessionCookieOptions;
  /** Each request makes it last longer. Default false. It is renewed when a tenth of its time is over, so that few responses set a cookie. */
  readonly rolling?: boolean;
  /** Milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

/**
 * Gives applications a {@link Session}: `environ['wirestack.session']`, or typed `sessionOf(environ)`.
 *
 * ```ts
 * const app = sessions({ secret: process.env.SECRET })((environ, startResponse) => {
 *   const session = sessionOf(environ);
 *   session.set('visits', Number(session.get('visits') ?? 0) + 1);
 *   startResponse('200 OK', [['Content-Type', 'text/plain']]);
 *   return [`visit ${String(session.get('visits'))}\n`];
 * });
 * ```
 *
 * `Set-Cookie` goes out where something changed, `Vary: Cookie` where somebody looked, and `Cache-Control: private` with a cookie where the application says nothing. The head waits for the
 * first chunk of the body that is not empty, and, with a store, for the store: a client that has its cookie finds its data. A store that fails makes the response an error; one of an
 * application that throws keeps nothing. Of two requests at once that change one session in a store the last one counts.
 *
 * A cookie that was tampered with, is over, or came twice is none: the session is new. Data in a cookie can be read by its client, and an old cookie can be sent again until its end: what has
 * to be taken back (a login, on logout) belongs in a store.
 *
 * @throws TypeError for a secret below 32 bytes, or options that no cookie can have. Requests: {@link SessionError} `TOO_LARGE`, `BAD_VALUE`
 */
export function sessions(options: SessionsOptions): Middleware {
  const { name = 'session', maxAgeSeconds = 86_400, store, cookie = {}, rolling = false } = options;
  if (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds < 1)
    throw new TypeError(`maxAgeSeconds cannot be ${String(maxAgeSeconds)}`);
  const seal = new Seal(options.secret);
  const keeping: Keeping = { maxAgeSeconds, store, rolling, clock: options.clock ?? Date.now };
  const cookies = {
    http: new SessionCookie(name, cookie, false, seal),
    https: new SessionCookie(name, cookie, true, seal),
  };
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const exchange = new Exchange(
        environ,
        environ['wsgi.url_scheme'] === 'https' ? cookies.https : cookies.http,
        keeping,
      );
      environ['wirestack.session'] = exchange.session;
      return answerSettled(app, environ, startResponse, (response, start) =>
        exchange.answer(response, start),
      );
    });
}

/** `environ['wirestack.session']`, typed. @throws TypeError where no `sessions` is around the application */
export function sessionOf(environ: Environ): Session {
  const session = environ['wirestack.session'];
  if (session instanceof Session) return session;
  throw new TypeError('there is no wirestack.session: put sessions() around the application');
}

interface Keeping {
  readonly maxAgeSeconds: number;
  readonly store: SessionStore | undefined;
  readonly rolling: boolean;
  readonly clock: () => number;
}

/** One request with its session. */
class Exchange implements SessionSource {
  readonly session: Session;
  readonly #environ: Environ;
  readonly #cookie: SessionCookie;
  readonly #keeping: Keeping;
  #found: { readonly opened: Opened | undefined; readonly wasSent: boolean } | undefined;

  constructor(environ: Environ, cookie: SessionCookie, keeping: Keeping) {
    this.#environ = environ;
    this.#cookie = cookie;
    this.#keeping = keeping;
    this.session = new Session(this);
  }

  get store(): SessionStore | undefined {
    return this.#keeping.store;
  }

  opened(): Opened | undefined {
    return this.#read().opened;
  }

  answer(response: SettledResponse, startResponse: StartResponse): Body | Promise<Body> {
    const respond = (setCookie: string | undefined): Body =>
      passOn(response, startResponse, this.#fields(response.headers, setCookie));
    const isDue = this.#keeping.rolling && this.#isDue();
    // Without a store it is loaded as soon as it is asked for.
    const loading = isDue ? this.session.load() : undefined;
    if (loading !== undefined && this.store !== undefined) {
      return loading.then(async () => respond(await this.#keep(true)));
    }
    const kept = this.#keep(isDue);
    return kept instanceof Promise ? kept.then(respond) : respond(kept);
  }

  /** In the store first, then in the cookie. */
  #keep(isDue: boolean): string | undefined | Promise<string | undefined> {
    const { store, maxAgeSeconds } = this.#keeping;
    const { json, isChanged, id: known, oldId } = this.session.finish();
    const isRenewed = isDue && json !== undefined && json !== '{}';
    if (!isChanged && !isRenewed) return undefined;
    if (json === undefined) {
      const gone = oldId === undefined ? undefined : store?.delete(oldId);
      const clear = this.#read().wasSent ? this.#cookie.clear() : undefined;
      return gone instanceof Promise ? gone.then(() => clear) : clear;
    }
    const nowSeconds = this.#nowSeconds();
    const id = store === undefined ? undefined : (known ?? newId());
    const payload = id ?? Buffer.from(json).toString('base64url');
    const setCookie = this.#cookie.set({ payload, expiresSeconds: nowSeconds + maxAgeSeconds }, nowSeconds);
    if (store === undefined || id === undefined) return setCookie;
    const isSet = store.set(id, json, maxAgeSeconds);
    const isGone = oldId === undefined ? undefined : store.delete(oldId);
    if (!(isSet instanceof Promise) && !(isGone instanceof Promise)) return setCookie;
    return Promise.all([Promise.resolve(isSet), Promise.resolve(isGone)]).then(() => setCookie);
  }

  #fields(headers: HeaderList, setCookie: string | undefined): HeaderList {
    if (!this.session.wasUsed && setCookie === undefined) return headers;
    const varied = mergeVary(headers, 'Cookie');
    if (setCookie === undefined) return varied;
    const isSaid = fieldOf(headers, 'cache-control') !== undefined;
    return [...varied, ['Set-Cookie', setCookie], ...(isSaid ? [] : [['Cache-Control', 'private'] as const])];
  }

  /** A tenth of its time is over. */
  #isDue(): boolean {
    const { maxAgeSeconds } = this.#keeping;
    const { opened } = this.#read();
    return opened !== undefined && opened.expiresSeconds - this.#nowSeconds() <= maxAgeSeconds * 0.9;
  }

  #read(): { readonly opened: Opened | undefined; readonly wasSent: boolean } {
    if (this.#found !== undefined) return this.#found;
    const value = this.#cookie.sent(this.#environ);
    const opened = value === undefined ? undefined : this.#cookie.open(value, this.#nowSeconds());
    return (this.#found = { opened, wasSent: value !== undefined });
  }

  #nowSeconds(): number {
    return Math.floor(this.#keeping.clock() / 1000);
  }
}

/** 192 bits: not to be guessed. */
function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
}
