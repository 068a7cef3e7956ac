import { HttpUsageError } from '../errors.ts';
import { TOKEN, trimBlanks } from '../protocol/octets.ts';
import { DQUOTE, isAll } from './cursor.ts';

/**
 * `Cookie` (RFC 6265 4.2.1): values by their names, in the order they came in. Of a name that stands twice the first counts, for user agents
 * put the longer path first (5.4). Pairs without a name, or without `=`, are passed over.
 *
 * Nothing is decoded: a value means what the server meant that set it, and quotes are part of it. Names have their case.
 */
export function parseCookies(value: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of value.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = trimBlanks(pair.slice(0, equals));
    if (name !== '' && !cookies.has(name)) cookies.set(name, trimBlanks(pair.slice(equals + 1)));
  }
  return cookies;
}

/**
 * `a=b; c=d`, a client's `Cookie`.
 *
 * @throws HttpUsageError `BAD_FIELD` for a name that is no token, or a value with a character that is no `cookie-octet`: a blank, a quote but
 *   around it, a comma, a semicolon, a backslash, a control character, or one beyond ASCII.
 */
export function formatCookies(cookies: Iterable<readonly [name: string, value: string]>): string {
  const pairs: string[] = [];
  for (const [name, value] of cookies) {
    if (!isAll(TOKEN, name) || !isCookieValue(value)) {
      throw new HttpUsageError('BAD_FIELD', `cookie ${JSON.stringify(name)} cannot be written`);
    }
    pairs.push(`${name}=${value}`);
  }
  return pairs.join('; ');
}

/** `*cookie-octet / ( DQUOTE *cookie-octet DQUOTE )` */
function isCookieValue(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  const octets = isQuoted ? value.slice(1, -1) : value;
  return octets === '' || isAll(COOKIE_OCTET, octets);
}

/** RFC 6265 4.1.1: visible ASCII without `"`, `,`, `;` and `\`. */
const COOKIE_OCTET: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(code > 0x20 && code < 0x7f && code !== DQUOTE && !',;\\'.includes(String.fromCharCode(code))),
);
