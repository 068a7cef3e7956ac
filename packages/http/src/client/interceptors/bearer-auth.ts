import { HttpUsageError } from '../../errors.ts';
import type { ClientRequest, Interceptor } from '../client-request.ts';
import { CredentialOrigins, type CredentialOptions } from './credential-origins.ts';
import { fieldOf } from '../header-list.ts';

/**
 * `Authorization: Bearer …` with every request (RFC 6750), unless it has an Authorization of its own.
 *
 * @param token or what gives the one to use, asked for each request; what it throws ends the request.
 * @throws HttpUsageError `BAD_OPTION` for what is no token; the request rejects with it where a function gave it.
 */
export function bearerAuth(
  token: string | (() => string | Promise<string>),
  options: CredentialOptions = {},
): Interceptor {
  if (typeof token === 'string') requireToken68(token);
  const origins = new CredentialOrigins(options);
  return (request, next) => {
    if (!origins.includes(request.url) || fieldOf(request.headers, 'authorization') !== undefined) {
      return next(request);
    }
    if (typeof token === 'string') return next(withToken(request, token));
    return new Promise<string>((resolve) => {
      resolve(token());
    }).then((given) => next(withToken(request, given)));
  };
}

function withToken(request: ClientRequest, token: string): ClientRequest {
  requireToken68(token);
  return { ...request, headers: [...request.headers, ['Authorization', `Bearer ${token}`]] };
}

/** `b64token` of RFC 6750 2.1. The error does not show it: errors end in logs. */
function requireToken68(token: unknown): void {
  if (typeof token !== 'string' || !/^[\w.~+/-]+=*$/.test(token)) {
    throw new HttpUsageError('BAD_OPTION', 'the bearer token is no token68');
  }
}
