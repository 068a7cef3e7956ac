import { getPublicSuffix } from 'tldts';

/** Is `host` the domain, or one within it (RFC 6265 5.1.3)? An address is within nothing. */
export function domainMatches(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !isAddress(host));
}

/** Is `path` the cookie’s, or one below it (RFC 6265 5.1.4)? */
export function pathMatches(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith('/') || path[cookiePath.length] === '/';
}

/** Where a cookie is for that does not say so: the directory of the request (RFC 6265 5.1.4). */
export function defaultPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/**
 * Does everybody have names below it, so that a cookie for all of it would be one for strangers? `co.uk`, `github.io`, and all names of one label: Mozilla’s Public Suffix List
 * with its private part, as the package `tldts` has it.
 */
export function isPublicSuffix(domain: string): boolean {
  return getPublicSuffix(domain, { allowPrivateDomains: true, extractHostname: false }) === domain;
}

/** Can nobody on the way listen? https, and this machine: so curl and browsers have it. */
export function isSecureUrl(scheme: string, host: string): boolean {
  if (scheme === 'https') return true;
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isAddress(host) && host.startsWith('127.'))
  );
}

/** An IP address, as `URL` writes a host: whatever ends in a number is IPv4 to it, in four decimals. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
