import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  applicationUri,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
  type Environ,
} from '@wirestack/gateway';

const environs: readonly Partial<Environ>[] = [
  {},
  { SCRIPT_NAME: '/app', PATH_INFO: '/a/b' },
  { SCRIPT_NAME: '', PATH_INFO: '' },
  { SCRIPT_NAME: '/spam', PATH_INFO: '' },
  { PATH_INFO: '/a b/ü/世', QUERY_STRING: 'x=1&y' },
  { PATH_INFO: '/a;b=c,d:e@f&g+h', QUERY_STRING: '' },
  { PATH_INFO: '/%41"<>`{}|\\^[]#?' },
  { HTTP_HOST: 'example.com:8080' },
  { HTTP_HOST: undefined, SERVER_NAME: 'example.com', SERVER_PORT: '80' },
  { HTTP_HOST: undefined, SERVER_NAME: 'example.com', SERVER_PORT: '8080' },
  {
    HTTP_HOST: undefined,
    'wsgi.url_scheme': 'https',
    SERVER_NAME: 'example.com',
    SERVER_PORT: '443',
  },
  {
    HTTP_HOST: undefined,
    'wsgi.url_scheme': 'https',
    SERVER_NAME: 'example.com',
    SERVER_PORT: '80',
  },
];

const paths: readonly (readonly [script: string, path: string])[] = [
  ['', ''],
  ['', '/'],
  ['/', ''],
  ['', '/a'],
  ['', '/a/b'],
  ['', '/a/'],
  ['/x', '/y'],
  ['/x', '/y/'],
  ['/x/', '/y'],
  ['/x', '//y'],
  ['/x', '/./y'],
  ['/x', '///y/./z'],
  ['/x', '/.'],
  ['/x', '/y//'],
  ['/a', ''],
  ['/a', '/'],
];

/** Asks Python's `wsgiref.util`. */
function wsgiref(program: string, input: unknown): unknown {
  const source = `import json, sys\nfrom wsgiref.util import *\ndata = json.load(sys.stdin)\n${program}`;
  return JSON.parse(
    execFileSync('python3', ['-I', '-c', source], { input: JSON.stringify(input), encoding: 'utf8' }),
  );
}

describe('URLs', () => {
  const full = environs.map((given) => setupTestingDefaults({ HTTP_HOST: 'h', ...given }));

  test("are those of Python's wsgiref, but for characters that it need not escape", () => {
    const theirs = wsgiref(
      // A path of WSGI is UTF-8 read as latin1.
      `for e in data:
    for key in ('SCRIPT_NAME', 'PATH_INFO'): e[key] = e[key].encode().decode('latin1')
print(json.dumps([[request_uri(e), request_uri(e, False), application_uri(e)] for e in data]))`,
      full.map((environ) =>
        Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === 'string')),
      ),
    );
    const plain = (uri: string): string =>
      uri.replace(/%(?:21|24|26|27|28|29|2A|2B|2C|3A|3B|3D|40)/g, (escape) => decodeURIComponent(escape));
    const ours = full.map((environ) => [
      requestUri(environ),
      requestUri(environ, false),
      applicationUri(environ),
    ]);
    expect(ours.map((uris) => uris.map(plain))).toEqual(
      (theirs as string[][]).map((uris) => uris.map(plain)),
    );
  });

  test('an address of IPv6 has brackets', () => {
    const environ = setupTestingDefaults({ SERVER_NAME: '::1', SERVER_PORT: '8000' });
    delete environ['HTTP_HOST'];
    expect(requestUri(environ)).toBe('http://[::1]:8000/');
  });

  test('half of a surrogate pair is no character', () => {
    expect(requestUri(setupTestingDefaults({ PATH_INFO: '/\ud800' }))).toBe('http://127.0.0.1/%EF%BF%BD');
  });
});

describe('shiftPathInfo', () => {
  test("moves what Python's moves, until there is nothing", () => {
    const theirs = wsgiref(
      `out = []
for script, path in data:
    e, steps = {'SCRIPT_NAME': script, 'PATH_INFO': path}, []
    for _ in range(5): steps.append([shift_path_info(e), e['SCRIPT_NAME'], e['PATH_INFO']])
    out.append(steps)
print(json.dumps(out))`,
      paths,
    );
    const ours = paths.map(([SCRIPT_NAME, PATH_INFO]) => {
      const environ = { SCRIPT_NAME, PATH_INFO };
      return Array.from({ length: 5 }, () => [
        shiftPathInfo(environ) ?? null,
        environ.SCRIPT_NAME,
        environ.PATH_INFO,
      ]);
    });
    expect(ours).toEqual(theirs);
  });
});
