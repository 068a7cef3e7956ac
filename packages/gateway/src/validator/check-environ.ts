import type { Environ } from '../environ.ts';
import { requireOf, shown } from './rule.ts';

const texts = [
  ...['REQUEST_METHOD', 'SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'SERVER_NAME', 'SERVER_PORT'],
  ...['SERVER_PROTOCOL', 'REMOTE_ADDR', 'REQUEST_URI', 'wsgi.url_scheme'],
];
const booleans = ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once', 'wsgi.input_terminated'];

/** What a server, or middleware, has to give an application (PEP 3333, "environ Variables"). @throws ValidationError */
export function checkEnviron(given: unknown): asserts given is Environ {
  requireOf('server', typeof given === 'object' && given !== null, 'environ is an object', shown(given));
  const environ = given as Environ;
  for (const key of texts)
    requireOf('server', typeof environ[key] === 'string', `${key} is text`, `it is ${shown(environ[key])}`);
  for (const key of booleans)
    requireOf(
      'server',
      typeof environ[key] === 'boolean',
      `${key} is true or false`,
      `it is ${shown(environ[key])}`,
    );
  for (const key of ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH', 'HTTP_PROXY'])
    requireOf(
      'server',
      !(key in environ),
      `environ has no ${key}`,
      'CONTENT_TYPE and CONTENT_LENGTH are without HTTP_; Proxy is dropped',
    );
  for (const key of Object.keys(environ)) {
    if (!/^(?:HTTP_|CONTENT_)/.test(key)) continue;
    requireOf(
      'server',
      typeof environ[key] === 'string',
      'the variables of CGI are text',
      `${key} is ${shown(environ[key])}`,
    );
  }
  const version = environ['wsgi.version'] as unknown;
  requireOf(
    'server',
    Array.isArray(version) && version.length === 2,
    'wsgi.version is a pair',
    shown(version),
  );
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, CONTENT_LENGTH } = environ;
  const scheme = environ['wsgi.url_scheme'];
  requireOf(
    'server',
    scheme === 'http' || scheme === 'https',
    'wsgi.url_scheme is http or https',
    shown(scheme),
  );
  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(REQUEST_METHOD);
  requireOf('server', isToken, 'REQUEST_METHOD is a token (RFC 9110 9.1)', shown(REQUEST_METHOD));
  const isRooted = SCRIPT_NAME === '' || SCRIPT_NAME.startsWith('/');
  requireOf('server', isRooted, 'SCRIPT_NAME is empty or begins with a slash', shown(SCRIPT_NAME));
  requireOf('server', SCRIPT_NAME !== '/', 'SCRIPT_NAME is not /: it is empty then, and PATH_INFO is /', '');
  const isPath = PATH_INFO === '' || PATH_INFO === '*' || PATH_INFO.startsWith('/');
  requireOf('server', isPath, 'PATH_INFO is empty or begins with a slash', shown(PATH_INFO));
  const isLength = CONTENT_LENGTH === undefined || /^\d+$/.test(CONTENT_LENGTH);
  requireOf('server', isLength, 'CONTENT_LENGTH is a number of bytes', shown(CONTENT_LENGTH));
  checkInput(environ['wsgi.input']);
  checkErrors(environ['wsgi.errors']);
  const signal = environ['wirestack.signal'] as unknown;
  requireOf('server', signal instanceof AbortSignal, 'wirestack.signal is an AbortSignal', shown(signal));
}

function checkInput(input: unknown): void {
  for (const method of ['read', 'readline', 'readlines', Symbol.asyncIterator])
    requireOf('server', hasMethod(input, method), `wsgi.input has ${String(method)}`, shown(input));
}

function checkErrors(errors: unknown): void {
  for (const method of ['write', 'flush'])
    requireOf('server', hasMethod(errors, method), `wsgi.errors has ${method}`, shown(errors));
}

function hasMethod(value: unknown, name: string | symbol): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string | symbol, unknown>)[name] === 'function'
  );
}
