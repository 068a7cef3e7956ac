import { HttpUsageError } from '../../errors.ts';
import type { Interceptor } from '../client-request.ts';
import { CredentialOrigins, type CredentialOptions } from './credential-origins.ts';
import { fieldOf } from './request-fields.ts';

/**
 * `Authorization: Basic …` with every request (RFC 7617), in UTF-8, unless it has an Authorization of its own. Base64 hides nothing: use it over https.
 *
 * @throws HttpUsageError `BAD_OPTION` for a colon in the user’s name, or control characters in either.
 */
export function basicAuth(user: string, password: string, options: CredentialOptions = {}): Interceptor {
  if (user.includes(':')) throw new HttpUsageError('BAD_OPTION', 'a user’s name cannot hold a colon');
  requireText(user + password);
  const value = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const origins = new CredentialOrigins(options);
  return (request, next) => {
    if (!origins.includes(request.url) || fieldOf(request.headers, 'authorization') !== undefined) {
      return next(request);
    }
    return next({ ...request, headers: [...request.headers, ['Authorization', value]] });
  };
}

/** @throws HttpUsageError `BAD_OPTION` for control characters (RFC 7617 2), without saying what it was. */
export function requireText(secret: string): void {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(secret)) {
    throw new HttpUsageError('BAD_OPTION', 'a user’s name or password with a control character');
  }
}
