import type { ClientRequest, Interceptor } from '../client-request.ts';
import { fieldOf, withField } from '../header-list.ts';
import type { CookieJar } from './cookie-jar.ts';

/**
 * Sends the cookies of `jar`, and keeps in it what answers set. A Cookie of the caller’s own stands before them, and in place of those with its names.
 *
 * It belongs within `redirects()`: a redirect may set a cookie, and the next request has other ones.
 */
export function cookies(jar: CookieJar): Interceptor {
  return (request, next) =>
    next(withCookies(request, jar)).then((response) => {
      if (response.headers.has('set-cookie')) {
        for (const value of response.headers.getAll('set-cookie')) jar.set(value, response.url);
      }
      return response;
    });
}

function withCookies(request: ClientRequest, jar: CookieJar): ClientRequest {
  const given = fieldOf(request.headers, 'cookie');
  const names = new Set(given?.split(';').map((pair) => pair.split('=', 1)[0]?.trim()));
  const pairs = jar
    .get(request.url)
    .filter(({ name }) => !names.has(name))
    .map(({ name, value }) => `${name}=${value}`);
  if (pairs.length === 0) return request;
  const value = (given === undefined ? pairs : [given, ...pairs]).join('; ');
  return { ...request, headers: withField(request.headers, 'Cookie', value) };
}
