import type { SameSite } from './set-cookie.ts';

/** A cookie in a jar. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** In lower case: the host that set it, or a domain above. */
  readonly domain: string;
  /** For that host alone, not for those below it. */
  readonly isHostOnly: boolean;
  readonly path: string;
  /** Milliseconds since 1970; `undefined` to the end of the session. */
  readonly expiresAt: number | undefined;
  readonly isSecure: boolean;
  /** Hidden from scripts, of which a jar has none: kept, and sent. */
  readonly isHttpOnly: boolean;
  /** Kept, and not acted upon: a program knows no sites. */
  readonly sameSite: SameSite | undefined;
  /** Milliseconds since 1970; a new value keeps it. */
  readonly createdAt: number;
}

/** A cookie and what the jar knows of its use. */
export interface KeptCookie {
  readonly cookie: Cookie;
  /** Its turn when it was made: clocks stand still. */
  readonly made: number;
  /** Its turn when it was last set or sent. */
  used: number;
}

export interface CookieLimits {
  readonly maxCookies: number;
  readonly maxPerDomain: number;
}

/** Cookies by their domains, no more than fit. Names of all kinds are keys of Maps only: `__proto__` is one like any other. */
export class CookieStore {
  readonly #limits: CookieLimits;
  readonly #domains = new Map<string, Map<string, KeptCookie>>();
  /** Those that have expired are counted until somebody looks. */
  #size = 0;
  #turn = 0;

  constructor(limits: CookieLimits) {
    this.#limits = limits;
  }

  /** Keeps it, in place of the one with its name, domain and path. */
  put(cookie: Cookie, now: number): void {
    const domain = this.#domains.get(cookie.domain) ?? new Map<string, KeptCookie>();
    this.#domains.set(cookie.domain, domain);
    const key = keyOf(cookie);
    const known = domain.get(key);
    const old = known === undefined || isExpired(known.cookie, now) ? undefined : known;
    this.#turn++;
    domain.set(key, {
      cookie: old === undefined ? cookie : { ...cookie, createdAt: old.cookie.createdAt },
      made: old?.made ?? this.#turn,
      used: this.#turn,
    });
    if (known !== undefined) return;
    this.#size++;
    if (domain.size > this.#limits.maxPerDomain) this.#evict(domain.values(), now);
    if (this.#size > this.#limits.maxCookies) this.#evict(this.#all(), now);
  }

  remove(cookie: Cookie): void {
    const domain = this.#domains.get(cookie.domain);
    if (domain?.delete(keyOf(cookie)) !== true) return;
    this.#size--;
    if (domain.size === 0) this.#domains.delete(cookie.domain);
  }

  touch(kept: KeptCookie): void {
    kept.used = ++this.#turn;
  }

  /** Those of exactly that domain that have not expired. */
  of(domain: string, now: number): KeptCookie[] {
    const found: KeptCookie[] = [];
    for (const kept of this.#domains.get(domain)?.values() ?? []) {
      if (isExpired(kept.cookie, now)) this.remove(kept.cookie);
      else found.push(kept);
    }
    return found;
  }

  /** Those of that domain, of all above and of all below. */
  around(domain: string, now: number): KeptCookie[] {
    const found: KeptCookie[] = [];
    for (const other of this.#domains.keys()) {
      const isRelated = other.length < domain.length ? isBelow(domain, other) : isBelow(other, domain);
      if (isRelated || other === domain) found.push(...this.of(other, now));
    }
    return found;
  }

  /** In the order they were made. */
  all(now: number): Cookie[] {
    const kept = Array.from(this.#domains.keys()).flatMap((domain) => this.of(domain, now));
    return kept.sort((a, b) => a.made - b.made).map(({ cookie }) => cookie);
  }

  *#all(): Generator<KeptCookie, void, undefined> {
    for (const domain of this.#domains.values()) yield* domain.values();
  }

  /** Those that have expired go, or else one: of those that go in clear, if there are any, the one that was not used for longest (RFC 6265bis 5.7). */
  #evict(candidates: Iterable<KeptCookie>, now: number): void {
    let worst: KeptCookie | undefined;
    let hasRoom = false;
    for (const kept of candidates) {
      if (isExpired(kept.cookie, now)) {
        this.remove(kept.cookie);
        hasRoom = true;
      } else if (worst === undefined || isWorse(kept, worst)) {
        worst = kept;
      }
    }
    if (!hasRoom && worst !== undefined) this.remove(worst.cookie);
  }
}

function isWorse(a: KeptCookie, b: KeptCookie): boolean {
  return a.cookie.isSecure === b.cookie.isSecure ? a.used < b.used : b.cookie.isSecure;
}

/** A suffix, and a dot before it: written so that nothing is made of either. */
function isBelow(domain: string, above: string): boolean {
  return domain[domain.length - above.length - 1] === '.' && domain.endsWith(above);
}

function keyOf({ name, path, isHostOnly }: Cookie): string {
  // No name has a semicolon.
  return `${isHostOnly ? 'host' : 'domain'};${name};${path}`;
}

function isExpired({ expiresAt }: Cookie, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
