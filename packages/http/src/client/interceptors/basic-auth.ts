import { basicCredentials } from '../basic-credentials.ts';
import type { Interceptor } from '../client-request.ts';
import { CredentialOrigins, type CredentialOptions } from './credential-origins.ts';
import { fieldOf } from '../header-list.ts';

/**
 * `Authorization: Basic …` with every request (RFC 7617), in UTF-8, unless it has an Authorization of its own. Base64 hides nothing: use it over https.
 *
 * @throws HttpUsageError `BAD_OPTION` for a colon in the user’s name, or control characters in either.
 */
export function basicAuth(user: string, password: string, options: CredentialOptions = {}): Interceptor {
  const value = basicCredentials(user, password);
  const origins = new CredentialOrigins(options);
  return (request, next) => {
    if (!origins.includes(request.url) || fieldOf(request.headers, 'authorization') !== undefined) {
      return next(request);
    }
    return next({ ...request, headers: [...request.headers, ['Authorization', value]] });
  };
}
