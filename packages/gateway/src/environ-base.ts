import type { HeaderList } from '@wirestack/http';
import type { Environ, ErrorStream } from './environ.ts';
import { FileWrapper } from './file-wrapper.ts';
import { InputStream, type InputOwner } from './input-stream.ts';

/** What a server says of itself and of a connection. */
export interface ServerTraits {
  readonly scheme: string;
  readonly errors: ErrorStream;
  /** Other processes may run the same application. */
  readonly isMultiprocess: boolean;
}

/**
 * The environ of a server or an adapter. What PEP 3333 asks for are properties of its own; what costs something is worked out when somebody asks: {@link defineLazyKeys}.
 * Fields are declared, not defined: who extends it sets all of them once, in one order, for all requests to have the same shape.
 */
export abstract class BaseEnviron implements Environ {
  declare REQUEST_METHOD: string;
  declare SCRIPT_NAME: string;
  declare PATH_INFO: string;
  declare QUERY_STRING: string;
  declare SERVER_NAME: string;
  declare SERVER_PORT: string;
  declare SERVER_PROTOCOL: string;
  declare REMOTE_ADDR: string;
  declare REQUEST_URI: string;
  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  'wsgi.input_terminated': boolean;
  'wsgi.file_wrapper': typeof FileWrapper;
  declare readonly 'wirestack.signal': AbortSignal;
  declare readonly 'wirestack.raw_headers': HeaderList;
  declare readonly 'wirestack.trailers': HeaderList;
  declare readonly 'wirestack.early_hints': (headers: HeaderList) => void;
  [key: string]: unknown;
  [header: `HTTP_${string}`]: string | undefined;

  constructor(body: InputOwner, { scheme, errors, isMultiprocess }: ServerTraits) {
    this['wsgi.version'] = version;
    this['wsgi.url_scheme'] = scheme;
    this['wsgi.input'] = new InputStream(body);
    this['wsgi.errors'] = errors;
    this['wsgi.multithread'] = false;
    this['wsgi.multiprocess'] = isMultiprocess;
    this['wsgi.run_once'] = false;
    this['wsgi.input_terminated'] = true;
    this['wsgi.file_wrapper'] = FileWrapper;
  }
}

const version = [1, 0] as const;

type LazyKeys<E> = {
  readonly [K in keyof Environ as K extends `wirestack.${string}` ? K : never]?: (environ: E) => Environ[K];
};

/** Keys that are worked out when somebody asks. One that middleware replaces becomes a key like any other. */
export function defineLazyKeys<E extends BaseEnviron>(
  of: { readonly prototype: E },
  keys: LazyKeys<E>,
): void {
  for (const [key, make] of Object.entries(keys) as [string, (environ: E) => unknown][]) {
    Object.defineProperty(of.prototype, key, {
      configurable: true,
      get(this: E) {
        return make(this);
      },
      set(this: E, value: unknown) {
        Object.defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}

// For those that have none behind the body, and no way to say anything before the answer.
defineLazyKeys(BaseEnviron, { 'wirestack.trailers': () => [], 'wirestack.early_hints': () => noHints });

const noHints = (): void => undefined;
