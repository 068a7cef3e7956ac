import { HttpUsageError } from '../errors.ts';

/**
 * The value of `Authorization` and `Proxy-Authorization` by RFC 7617, in UTF-8.
 *
 * @throws HttpUsageError `BAD_OPTION` for a colon in the user’s name, or control characters in either.
 */
export function basicCredentials(user: string, password: string): string {
  if (user.includes(':')) throw new HttpUsageError('BAD_OPTION', 'a user’s name cannot hold a colon');
  requireText(user + password);
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** @throws HttpUsageError `BAD_OPTION` for control characters (RFC 7617 2), without saying what it was. */
export function requireText(secret: string): void {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(secret)) {
    throw new HttpUsageError('BAD_OPTION', 'a user’s name or password with a control character');
  }
}
