import type { Environ } from './environ.ts';
import { FileWrapper } from './file-wrapper.ts';
import { InputStream } from './input-stream.ts';

/**
 * An environ for a test: what is missing of `given` is filled in, as for a GET of `/` from this machine (`wsgiref.util.setup_testing_defaults`).
 *
 * @param body what `wsgi.input` has
 */
export function setupTestingDefaults(given: Partial<Environ> = {}, body: Uint8Array | string = ''): Environ {
  let bytes: Uint8Array | undefined = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const { length } = bytes;
  const source = {
    read: () => {
      const all = bytes;
      bytes = undefined;
      return Promise.resolve(all?.length === 0 ? undefined : all);
    },
  };
  const defaults: Environ = {
    REQUEST_METHOD: length > 0 ? 'POST' : 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: given.SCRIPT_NAME === undefined ? '/' : '',
    QUERY_STRING: '',
    ...(length > 0 && { CONTENT_LENGTH: String(length) }),
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_URI: '/',
    HTTP_HOST: '127.0.0.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': new InputStream({ body: source }),
    'wsgi.errors': { write: () => undefined, flush: () => undefined },
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': FileWrapper,
    'wirestack.signal': new AbortController().signal,
    'wirestack.raw_headers': [],
    'wirestack.trailers': [],
    'wirestack.early_hints': () => undefined,
  };
  return Object.assign(defaults, given);
}
