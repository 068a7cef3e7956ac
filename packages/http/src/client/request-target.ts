import { HttpUsageError } from '../errors.ts';

/** A URL as a client needs it, taken apart once. */
export interface RequestTarget {
  /** The URL without its fragment and its credentials, as it is asked for. */
  readonly href: string;
  /** `http://host` or `https://host`, with the port where it is not the scheme's own. */
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  /** Host and port as they stand in the URL: what `Host` says. */
  readonly authority: string;
  /** The host without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Reads an absolute http or https URL as the WHATWG standard says. The last ones are remembered: reading one costs as much as sending it.
 *
 * @throws HttpUsageError `BAD_REQUEST`
 */
export function requestTarget(url: string): RequestTarget {
  const known = recent.get(url);
  if (known !== undefined) return known;
  const target = read(url);
  if (url.length <= maxRememberedLength) {
    if (recent.size >= maxRemembered) recent.delete(recent.keys().next().value as string);
    recent.set(url, target);
  }
  return target;
}

const recent = new Map<string, RequestTarget>();
const maxRemembered = 256;
const maxRememberedLength = 1024;

function read(text: string): RequestTarget {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new HttpUsageError('BAD_REQUEST', `${JSON.stringify(text)} is no absolute URL`);
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') {
    throw new HttpUsageError('BAD_REQUEST', `${JSON.stringify(url.protocol)} is neither http: nor https:`);
  }
  const { origin, pathname, search, host, hostname } = url;
  const path = pathname + search;
  return {
    href: origin + path,
    origin,
    scheme,
    authority: host,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    path,
    username: decoded(url.username),
    password: decoded(url.password),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
