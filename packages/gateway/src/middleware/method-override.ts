import { parseMediaType } from '@wirestack/http/fields';
import { FormError, parseUrlEncoded } from '@wirestack/http/forms';
import type { Middleware } from '../application.ts';
import { environKey, type Environ } from '../environ.ts';
import { InputStream } from '../input-stream.ts';
import { keepLifespan } from '../lifespan.ts';

export interface MethodOverrideOptions {
  /** What a POST may become. Default PUT, PATCH and DELETE. Never GET, HEAD, OPTIONS or TRACE: what is safe is cached, and asked for again. */
  readonly methods?: readonly string[];
  /** The field of a urlencoded form, for browsers. Default `_method`; `false`: forms are not looked at. */
  readonly field?: string | false;
  /** Default `X-HTTP-Method-Override`; `false`: none. It comes before the form. */
  readonly header?: string | false;
  /** Up to where a form is read to find the field, bytes. Default 65,536. A larger one stays a POST, and its body whole. */
  readonly limitBytes?: number;
}

/**
 * Lets a POST say that it means another method, for forms of HTML, which know no other.
 *
 * ```ts
 * const app = methodOverride()(router().delete('/users/{id:int}', remove));
 * // POST /users/5, Content-Type: application/x-www-form-urlencoded: _method=DELETE
 * ```
 *
 * Only the body of a POST that is such a form is read, and the application gets it as it was. A method that is not among `methods` is passed over, and so is a field that stands twice. Sets
 * `REQUEST_METHOD`, and `wirestack.original_method`.
 *
 * Put what protects from cross-site requests within, where it sees the method that counts: any page can send a POST.
 *
 * @throws TypeError for a safe method, and for options that are none
 */
export function methodOverride(options: MethodOverrideOptions = {}): Middleware {
  const { methods = ['PUT', 'PATCH', 'DELETE'], field = '_method', limitBytes = 65_536 } = options;
  const { header = 'X-HTTP-Method-Override' } = options;
  const allowed = new Set(methods);
  for (const method of allowed) {
    if (typeof method !== 'string' || !/^[\w!#$%&'*+\-.^`|~]+$/.test(method) || never.has(method)) {
      throw new TypeError(`methods: a POST must not become ${JSON.stringify(method)}`);
    }
  }
  const key = header === false ? '' : environKey(header);
  if (key === undefined) throw new TypeError(`header: ${String(header)} never comes to an environ`);
  if (field !== false && (typeof field !== 'string' || field === '')) throw new TypeError('field is no name');
  if (!(limitBytes >= 0)) throw new TypeError('limitBytes is no count');
  const override = (environ: Environ, method: string | undefined): void => {
    const wanted = method?.toUpperCase() ?? '';
    if (!allowed.has(wanted)) return;
    environ['wirestack.original_method'] = environ.REQUEST_METHOD;
    environ.REQUEST_METHOD = wanted;
  };
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      if (environ.REQUEST_METHOD !== 'POST') return app(environ, startResponse);
      const named = key === '' ? undefined : environ[key];
      if (typeof named === 'string') {
        override(environ, named.trim());
      } else if (field !== false && isSmallForm(environ, limitBytes)) {
        return findField(environ, field, limitBytes).then((method) => {
          override(environ, method);
          return app(environ, startResponse);
        });
      }
      return app(environ, startResponse);
    });
}

const never: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'POST']);

function isSmallForm(environ: Environ, limitBytes: number): boolean {
  const { CONTENT_TYPE, CONTENT_LENGTH } = environ;
  if (CONTENT_TYPE === undefined || environ['HTTP_CONTENT_ENCODING'] !== undefined) return false;
  if (Number(CONTENT_LENGTH ?? 0) > limitBytes) return false;
  return parseMediaType(CONTENT_TYPE)?.essence === 'application/x-www-form-urlencoded';
}

/** Reads the body up to its end or the limit, and puts what was read back. */
async function findField(environ: Environ, field: string, limitBytes: number): Promise<string | undefined> {
  const rest = environ['wsgi.input'][Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  while (!isWhole && length <= limitBytes) {
    const { done, value } = await rest.next();
    if (done === true) {
      isWhole = true;
    } else {
      chunks.push(value);
      length += value.length;
    }
  }
  const bytes = Buffer.concat(chunks, length);
  let hasGivenBack = false;
  const read = async (): Promise<Uint8Array | undefined> => {
    if (!hasGivenBack) {
      hasGivenBack = true;
      if (length > 0) return bytes;
    }
    const { value } = await rest.next();
    return value ?? undefined;
  };
  environ['wsgi.input'] = new InputStream({ body: { read } });
  return isWhole ? valueOf(bytes, field) : undefined;
}

/** `undefined` where it is not there once. */
function valueOf(bytes: Uint8Array, field: string): string | undefined {
  try {
    const values = parseUrlEncoded(bytes).getAll(field);
    return values.length === 1 ? values[0] : undefined;
  } catch (error) {
    // The application that reads the form will say what is wrong with it.
    if (error instanceof FormError) return undefined;
    throw error;
  }
}
