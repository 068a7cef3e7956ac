import type { HeaderList } from '@wirestack/http';
import type { FileWrapper } from './file-wrapper.ts';
import type { InputStream } from './input-stream.ts';
import type { Upgrade } from './upgrade.ts';

/** Where an application writes its complaints: `wsgi.errors`. */
export interface ErrorStream {
  write(text: string): void;
  flush(): void;
}

/**
 * A request as CGI and PEP 3333 name it: a plain object, so that middleware adds keys as it pleases. Header fields are `HTTP_*`; repeated
 * ones are joined by `, ` (Cookie by `; `). Names with an underscore are dropped, for `X_Y` and `X-Y` could not be told apart
 * (CVE-2015-0219), and so is `Proxy` (CVE-2016-5385).
 *
 * To hand an application a changed environ, make it with {@link deriveEnviron}: a spread would lose the lazy `wirestack.*` keys.
 */
export interface Environ {
  REQUEST_METHOD: string;
  /** The path up to the application: where it is mounted. Empty at the root. */
  SCRIPT_NAME: string;
  /** The path behind `SCRIPT_NAME`, percent-decoded as UTF-8. `REQUEST_URI` has it as it was sent. */
  PATH_INFO: string;
  QUERY_STRING: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  REMOTE_ADDR: string;
  /** The request target as it was sent. */
  REQUEST_URI: string;
  [header: `HTTP_${string}`]: string | undefined;
  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  /** True: `wsgi.input` ends by itself, chunked bodies included. */
  'wsgi.input_terminated': boolean;
  'wsgi.file_wrapper': typeof FileWrapper;
  /** Aborted when the client leaves before the response is complete. */
  readonly 'wirestack.signal': AbortSignal;
  /** The header fields as they came: order, case and repetition kept. */
  readonly 'wirestack.raw_headers': HeaderList;
  /** The fields behind a chunked body, once it was read to its end. */
  readonly 'wirestack.trailers': HeaderList;
  /** Sends `103 Early Hints` with these fields (RFC 8297). */
  readonly 'wirestack.early_hints': (headers: HeaderList) => void;
  /** Aborted when the server begins to drain, where it tells: a stream of events should end then. */
  readonly 'wirestack.draining'?: AbortSignal | undefined;
  /** There where the client would change the protocol, and the server can. */
  readonly 'wirestack.upgrade'?: Upgrade | undefined;
  [key: string]: unknown;
}

/** A copy of `environ` with `changes`, everything lazy still lazy. */
export function deriveEnviron(environ: Environ, changes: Partial<Environ>): Environ {
  const copy = Object.create(Object.getPrototypeOf(environ) as object | null) as Environ;
  return Object.assign(copy, environ, changes);
}

/** `Content-Type` → `CONTENT_TYPE`, `X-Real-IP` → `HTTP_X_REAL_IP`; `undefined` for a name that must not become a key. */
export function environKey(name: string): string | undefined {
  const known = knownKeys.get(name);
  if (known !== undefined) return known === '' ? undefined : known;
  const key = keyOf(name);
  if (knownKeys.size < maxKnownKeys) knownKeys.set(name, key);
  return key === '' ? undefined : key;
}

/** The value of a key where a field stands once more (RFC 9110 5.3; RFC 6265 5.4 for Cookie). */
export function joinValues(key: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  return before + (key === 'HTTP_COOKIE' ? '; ' : ', ') + value;
}

/** Percent-decoding as UTF-8. What is no escape stays; what is no UTF-8 becomes U+FFFD. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        Uint8Array.from(escapes.slice(1).split('%'), (digits) => Number.parseInt(digits, 16)),
      ),
    );
  }
}

/** `HTTP_*` for names as they were written: clients use few. Empty for the names that are dropped. */
const knownKeys = new Map<string, string>();
const maxKnownKeys = 1024;

function keyOf(name: string): string {
  const upper = name.toUpperCase();
  if (upper === 'PROXY' || upper.includes('_')) return '';
  const key = upper.replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
}
