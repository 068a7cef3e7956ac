import { reasonPhrase, type HttpResponse } from '@wirestack/http';
import { staticFiles as filesOf, type StaticOptions, type StaticRequest } from '@wirestack/http/static';
import type { Application, Body, StartResponse } from '../application.ts';
import { environKey, type Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';

/** Those of `@wirestack/http/static`. `notFound` gets what a static request has, not an environ. */
export type StaticFilesOptions = StaticOptions;

/**
 * Serves the regular files under `root` as `@wirestack/http/static` does: GET and HEAD with conditions, ranges and codings. Whatever leads out
 * of the root, is hidden (a name with a leading dot), is no regular file, or cannot be read is 404, and says no more.
 *
 * It looks at `PATH_INFO` and sends directories on to `SCRIPT_NAME` and that: it works wherever it is mounted. `PATH_INFO` is decoded already:
 * `%2F` is a slash here.
 *
 * @param root a directory; it need not exist yet.
 * @throws HttpUsageError `BAD_OPTION`
 */
export function staticFiles(root: string, options: StaticFilesOptions = {}): Application {
  const answer = filesOf(root, options);
  return (environ, startResponse) => {
    const response = answer(requestOf(environ));
    return response instanceof Promise
      ? response.then((one) => respond(one, startResponse))
      : respond(response, startResponse);
  };
}

function requestOf(environ: Environ): StaticRequest {
  return {
    method: environ.REQUEST_METHOD,
    path: encoded(environ.PATH_INFO),
    query: environ.QUERY_STRING,
    headers: {
      get: (name) => {
        const key = environKey(name);
        return key === undefined ? undefined : (environ[key] as string | undefined);
      },
    },
    // Asked for where it is needed: it costs a little.
    get signal() {
      return environ['wirestack.signal'];
    },
    mount: encoded(environ.SCRIPT_NAME),
  };
}

/** Middleware may put anything in a path: half of a surrogate pair becomes U+FFFD, as elsewhere in UTF-8. */
function encoded(path: string): string {
  if (/^[\w\-./~]*$/.test(path)) return path;
  const text = Buffer.from(path).toString();
  return text.split('/').map(encodeURIComponent).join('/');
}

function respond(response: HttpResponse, startResponse: StartResponse): Body {
  const { status, headers = [] } = response;
  const body = bodyOf(response);
  try {
    startResponse(`${String(status)} ${reasonPhrase(status)}` as `${number} ${string}`, headers);
  } catch (error) {
    void body.close?.();
    throw error;
  }
  return body;
}

/** A body that a server closes, begun or not. */
function bodyOf({ body = '' }: HttpResponse): Body {
  if (typeof body === 'string' || body instanceof Uint8Array) return [body];
  if ('file' in body) return new FileWrapper(body.file, body.length, body.start);
  if (!(Symbol.asyncIterator in body)) return body;
  const iterator = body[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => iterator,
    close: async () => {
      await iterator.return?.();
    },
  };
}
