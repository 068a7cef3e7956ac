import { trimBlanks } from '../../protocol/octets.ts';
import { parseCookieDate } from './cookie-date.ts';

/** What a `Set-Cookie` says, before anybody asks whether it may. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Milliseconds since 1970; `undefined` to the end of the session. */
  readonly expiresAt: number | undefined;
  /** In lower case, without a dot before it; empty for the host alone. */
  readonly domain: string;
  /** `undefined` where it is the directory of the request. */
  readonly path: string | undefined;
  readonly isSecure: boolean;
  readonly isHttpOnly: boolean;
  readonly sameSite: SameSite | undefined;
}

export type SameSite = 'Strict' | 'Lax' | 'None';

/**
 * Reads `Set-Cookie` as RFC 6265bis 5.6 does: anything goes, and what makes no sense is passed over. `undefined` for no cookie at all: no name, a control
 * character, name and value above 4096 octets. Of an attribute that stands twice the last counts; one above 1024 octets does not. Max-Age
 * comes before Expires. Both reach 400 days at most. Attributes that nobody here knows, `Partitioned` among them, are nothing.
 *
 * A pair without a name is no cookie, as in RFC 6265: sent back, it could pass for any other.
 *
 * @param now Milliseconds since 1970.
 */
export function parseSetCookie(text: string, now: number): SetCookie | undefined {
  if (unsendable.test(text)) return undefined;
  const [pair = '', ...attributes] = text.split(';');
  const [name, value] = halves(pair);
  if (value === undefined || name === '' || name.length + value.length > maxPairOctets) return undefined;
  const given = attributesOf(attributes);
  return {
    name,
    value,
    expiresAt: expiryOf(given.get('max-age'), given.get('expires'), now),
    domain: (given.get('domain') ?? '').replace(/^\./, '').toLowerCase(),
    path: given.get('path')?.startsWith('/') === true ? given.get('path') : undefined,
    isSecure: given.has('secure'),
    isHttpOnly: given.has('httponly'),
    sameSite: sameSites.find((one) => one.toLowerCase() === given.get('samesite')?.toLowerCase()),
  };
}

/** Control characters but the tab (5.6 step 1), and what is no octet: no field can hold it. */
// eslint-disable-next-line no-control-regex
const unsendable = /[\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]/;
const maxPairOctets = 4096;
const maxAttributeOctets = 1024;
const maxAgeMs = 400 * 86_400_000;
const sameSites: readonly SameSite[] = ['Strict', 'Lax', 'None'];

/** By names in lower case. */
function attributesOf(texts: readonly string[]): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const text of texts) {
    const [name, value = ''] = halves(text);
    if (value.length > maxAttributeOctets) continue;
    const lower = name.toLowerCase();
    // An Expires or Max-Age that cannot be read leaves the one before it standing (5.6.1, 5.6.2).
    if (lower === 'expires' && parseCookieDate(value) === undefined) continue;
    if (lower === 'max-age' && !/^-?\d+$/.test(value)) continue;
    attributes.set(lower, value);
  }
  return attributes;
}

function expiryOf(maxAge: string | undefined, expires: string | undefined, now: number): number | undefined {
  if (maxAge !== undefined) {
    const seconds = Number(maxAge);
    return seconds > 0 ? now + Math.min(seconds * 1000, maxAgeMs) : 0;
  }
  const date = expires === undefined ? undefined : parseCookieDate(expires);
  return date === undefined ? undefined : Math.min(date, now + maxAgeMs);
}

/** What is before the first `=` and behind it, without the blanks around them. */
function halves(text: string): [name: string, value: string | undefined] {
  const equals = text.indexOf('=');
  if (equals < 0) return [trimBlanks(text), undefined];
  return [trimBlanks(text.slice(0, equals)), trimBlanks(text.slice(equals + 1))];
}
