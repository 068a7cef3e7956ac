import { HttpUsageError } from '../../errors.ts';
import { requestTarget } from '../request-target.ts';
import {
  defaultPath,
  domainMatches,
  isAddress,
  isPublicSuffix,
  isSecureUrl,
  pathMatches,
} from './cookie-scope.ts';
import { readCookie } from './cookie-json.ts';
import { CookieStore, type Cookie, type KeptCookie } from './cookie-store.ts';
import { parseSetCookie, type SetCookie } from './set-cookie.ts';

export interface CookieJarOptions {
  /** Cookies of all domains. Default 3000 (RFC 6265 6.1). */
  readonly maxCookies?: number | undefined;
  /** Cookies of one domain. Default 50 (RFC 6265 6.1). */
  readonly maxPerDomain?: number | undefined;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Where a request goes, as far as cookies are concerned. */
interface Place {
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly isSecure: boolean;
}

/**
 * Cookies of many servers, each sent only where it is for: RFC 6265, with the prefixes, limits and rules on secure cookies of RFC 6265bis, and the Public Suffix
 * List, so that no server sets a cookie for all of `.co.uk`.
 *
 * Iterating gives them in the order they were made, `toJSON()` what `CookieJar.fromJSON()` takes.
 */
export class CookieJar implements Iterable<Cookie> {
  readonly #now: () => number;
  readonly #store: CookieStore;

  constructor({ maxCookies = 3000, maxPerDomain = 50, now = Date.now }: CookieJarOptions = {}) {
    this.#now = now;
    this.#store = new CookieStore({ maxCookies, maxPerDomain });
  }

  /** A jar with what `toJSON()` gave, or what `JSON.parse` made of it; cookies that have expired since are left out. @throws HttpUsageError `BAD_FIELD` */
  static fromJSON(json: unknown, options: CookieJarOptions = {}): CookieJar {
    const jar = new CookieJar(options);
    if (!Array.isArray(json)) throw new HttpUsageError('BAD_FIELD', 'no array of cookies');
    const now = jar.#now();
    for (const given of json as readonly unknown[]) {
      const cookie = readCookie(given);
      if (cookie.expiresAt === undefined || cookie.expiresAt > now) jar.#store.put(cookie, now);
    }
    return jar;
  }

  /** How many there are. */
  get size(): number {
    return this.#store.all(this.#now()).length;
  }

  /**
   * Keeps what the server at `url` said in one `Set-Cookie`, or removes what that ends. `undefined` where it is none, where it was over before it began, or where it may not: for a domain that the
   * host is not in, or that is open to all; `Secure` in clear; over a secure one in clear; a name that begins with `__Secure-` or `__Host-` without keeping that promise.
   */
  set(setCookie: string, url: string): Cookie | undefined {
    const now = this.#now();
    const place = placeOf(url);
    const given = parseSetCookie(setCookie, now);
    if (given === undefined) return undefined;
    const scope = scopeOf(given, place);
    if (scope === undefined || !isPromiseKept(given, scope.isHostOnly)) return undefined;
    if (!place.isSecure && (given.isSecure || this.#overlaysSecure(given, scope.domain, scope.path, now)))
      return undefined;
    const { name, value, expiresAt, isSecure, isHttpOnly, sameSite } = given;
    const cookie = { name, value, ...scope, expiresAt, isSecure, isHttpOnly, sameSite, createdAt: now };
    if (expiresAt !== undefined && expiresAt <= now) {
      this.#store.remove(cookie);
      return undefined;
    }
    this.#store.put(cookie, now);
    return cookie;
  }

  /** What a request for `url` takes along, in the order of sending. */
  get(url: string): Cookie[] {
    const place = placeOf(url);
    const now = this.#now();
    const found: KeptCookie[] = [];
    for (const domain of domainsOf(place.host)) {
      for (const kept of this.#store.of(domain, now)) if (isFor(kept.cookie, place)) found.push(kept);
    }
    for (const kept of found) this.#store.touch(kept);
    // The longer path first, of those alike the older cookie (RFC 6265 5.4).
    found.sort((a, b) => b.cookie.path.length - a.cookie.path.length || a.made - b.made);
    return found.map(({ cookie }) => cookie);
  }

  /** `Cookie` for a request for `url`: `a=b; c=d`; `undefined` where there is none. */
  header(url: string): string | undefined {
    const pairs = this.get(url).map(({ name, value }) => `${name}=${value}`);
    return pairs.length === 0 ? undefined : pairs.join('; ');
  }

  /** Removes all, or those of a domain and what is below it. */
  clear(domain?: string): void {
    this.#removeWhere((cookie) => domain === undefined || domainMatches(cookie.domain, domain.toLowerCase()));
  }

  /** Removes those that live to the end of the session: this is it. */
  endSession(): void {
    this.#removeWhere(({ expiresAt }) => expiresAt === undefined);
  }

  [Symbol.iterator](): Iterator<Cookie> {
    return this.#store.all(this.#now()).values();
  }

  /** All of them, those of the session too: leave them out by `endSession()`. */
  toJSON(): Cookie[] {
    return [...this];
  }

  #removeWhere(isGone: (cookie: Cookie) => boolean): void {
    for (const cookie of this) if (isGone(cookie)) this.#store.remove(cookie);
  }

  /** Would it stand before a secure cookie of that name (RFC 6265bis 5.7, step 16)? */
  #overlaysSecure({ name }: SetCookie, domain: string, path: string, now: number): boolean {
    return this.#store
      .around(domain, now)
      .some(({ cookie }) => cookie.isSecure && cookie.name === name && pathMatches(path, cookie.path));
  }
}

function placeOf(url: string): Place {
  const { host, path, scheme } = requestTarget(url);
  const end = path.indexOf('?');
  return { host, path: end < 0 ? path : path.slice(0, end), isSecure: isSecureUrl(scheme, host) };
}

function scopeOf(
  { domain, path }: SetCookie,
  { host, path: requested }: Place,
): Pick<Cookie, 'domain' | 'isHostOnly' | 'path'> | undefined {
  const scope = { domain: host, isHostOnly: true, path: path ?? defaultPath(requested) };
  if (domain === '' || (domain === host && isPublicSuffix(domain))) return scope;
  if (domain.endsWith('.') || !domainMatches(host, domain) || isPublicSuffix(domain)) return undefined;
  return { ...scope, domain, isHostOnly: isAddress(host) };
}

/** RFC 6265bis 4.1.3, whatever the case. */
function isPromiseKept({ name, isSecure, path }: SetCookie, isHostOnly: boolean): boolean {
  const lower = name.toLowerCase();
  if (lower.startsWith('__host-')) return isSecure && isHostOnly && path === '/';
  return isSecure || !lower.startsWith('__secure-');
}

function isFor({ domain, isHostOnly, path, isSecure }: Cookie, place: Place): boolean {
  return (
    (!isHostOnly || domain === place.host) && (!isSecure || place.isSecure) && pathMatches(place.path, path)
  );
}

/** Whose cookies a host gets: its own, and those of all domains above. */
function domainsOf(host: string): string[] {
  const domains = [host];
  if (isAddress(host)) return domains;
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1))
    domains.push(host.slice(dot + 1));
  return domains;
}
