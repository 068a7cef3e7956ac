import { parseCookies } from '@wirestack/http/fields';
import type { Environ } from '../../environ.ts';
import type { Seal, Opened } from './seal.ts';
import { SessionError } from './session-error.ts';

export interface SessionCookieOptions {
  /** Default `/`. */
  readonly path?: string;
  /** Default none: the host that set it, without its subdomains. */
  readonly domain?: string;
  /** Only over https. Default: where `wsgi.url_scheme` is https. */
  readonly secure?: boolean;
  /** Out of reach of scripts. Default true. */
  readonly httpOnly?: boolean;
  /** Default `Lax`: it does not come along with what other sites send, but for links. `None` is for https only. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
}

/** The cookie of a session, as it is over http or over https. */
export class SessionCookie {
  readonly name: string;
  readonly #attributes: string;
  readonly #seal: Seal;

  /** @throws TypeError for what no cookie can have (RFC 6265 4.1.1) */
  constructor(given: string, options: SessionCookieOptions, isHttps: boolean, seal: Seal) {
    const { path = '/', domain, secure = isHttps, httpOnly = true, sameSite = 'Lax' } = options;
    if (!/^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/.test(given))
      throw new TypeError(`name cannot be ${JSON.stringify(given)}`);
    if (!/^\/[\x20-\x3a\x3c-\x7e]*$/.test(path))
      throw new TypeError(`cookie.path cannot be ${JSON.stringify(path)}`);
    if (domain !== undefined && !/^[A-Za-z\d.-]+$/.test(domain))
      throw new TypeError(`cookie.domain cannot be ${JSON.stringify(domain)}`);
    if (!['Strict', 'Lax', 'None'].includes(sameSite))
      throw new TypeError(`cookie.sameSite cannot be ${JSON.stringify(sameSite)}`);
    if (sameSite === 'None' && options.secure === false)
      throw new TypeError('cookie.sameSite: None is for secure cookies only');
    const isBound = secure && path === '/' && domain === undefined;
    this.name = isBound && !/^__(?:Host|Secure)-/.test(given) ? `__Host-${given}` : given;
    this.#attributes = [
      `; Path=${path}`,
      ...(domain === undefined ? [] : [`; Domain=${domain}`]),
      ...(secure ? ['; Secure'] : []),
      ...(httpOnly ? ['; HttpOnly'] : []),
      `; SameSite=${sameSite}`,
    ].join('');
    this.#seal = seal;
  }

  /** As it came; `undefined` where it did not, or came twice: one of the two was put there by somebody else, a subdomain for instance, and who knows which. */
  sent(environ: Environ): string | undefined {
    const header = environ['HTTP_COOKIE'];
    const start = `${this.name}=`;
    if (!header?.includes(start)) return undefined;
    const count = header.split(';').filter((pair) => pair.trimStart().startsWith(start)).length;
    return count === 1 ? parseCookies(header).get(this.name) : undefined;
  }

  open(value: string, nowSeconds: number): Opened | undefined {
    return this.#seal.open(this.name, value, nowSeconds);
  }

  /** A `Set-Cookie`. @throws SessionError `TOO_LARGE` */
  set(opened: Opened, nowSeconds: number): string {
    const maxAge = `; Max-Age=${String(opened.expiresSeconds - nowSeconds)}`;
    const text = `${this.name}=${this.#seal.close(this.name, opened)}${this.#attributes}${maxAge}`;
    if (text.length > maxCookie) {
      const found = `${String(text.length)} bytes, and browsers keep ${String(maxCookie)}`;
      throw new SessionError('TOO_LARGE', `the session's cookie has ${found}: a store holds more`);
    }
    return text;
  }

  /** A `Set-Cookie` that takes it away. */
  clear(): string {
    return `${this.name}=${this.#attributes}; Max-Age=0`;
  }
}

/** RFC 6265 6.1: name, value and attributes together. */
const maxCookie = 4096;
