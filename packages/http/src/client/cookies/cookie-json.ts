import { HttpUsageError } from '../../errors.ts';
import type { Cookie } from './cookie-store.ts';

/** A cookie from JSON that somebody kept; what else is in it is left out. @throws HttpUsageError `BAD_FIELD` */
export function readCookie(json: unknown): Cookie {
  if (!isCookie(json)) throw new HttpUsageError('BAD_FIELD', 'what stands for a cookie is none');
  const { name, value, domain, isHostOnly, path, expiresAt, isSecure, isHttpOnly, sameSite, createdAt } =
    json;
  return { name, value, domain, isHostOnly, path, expiresAt, isSecure, isHttpOnly, sameSite, createdAt };
}

function isCookie(json: unknown): json is Cookie {
  if (typeof json !== 'object' || json === null) return false;
  const { name, value, domain, path, expiresAt, createdAt, sameSite, ...rest } = json as Partial<
    Record<string, unknown>
  >;
  return (
    [name, value, domain, path].every(isText) &&
    name !== '' &&
    !String(name).includes('=') &&
    Number.isFinite(createdAt) &&
    (expiresAt === undefined || Number.isFinite(expiresAt)) &&
    (sameSite === undefined || sameSite === 'Strict' || sameSite === 'Lax' || sameSite === 'None') &&
    [rest['isHostOnly'], rest['isSecure'], rest['isHttpOnly']].every((flag) => typeof flag === 'boolean')
  );
}

/** What a field can say, and no semicolon, which would end it. */
function isText(text: unknown): boolean {
  return typeof text === 'string' && /^[\t\x20-\x3a\x3c-\x7e\x80-\xff]*$/.test(text);
}
