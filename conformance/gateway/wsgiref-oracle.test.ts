import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  cgiScripts,
  deriveEnviron,
  makeServer,
  mount,
  type Application,
  type GatewayServer,
} from '@wirestack/gateway';
import { Client } from '@wirestack/http/client';

/** Says what it got. What PEP 3333 forbids fails an assertion of `validator`, which `CGIHandler` writes to its standard error. */
const script = `#!/usr/bin/env python3
import json, sys
from wsgiref.handlers import CGIHandler
from wsgiref.util import request_uri
from wsgiref.validate import validator

def app(environ, start_response):
    if environ['PATH_INFO'] == '/wrong':
        environ['wsgi.input'].read()
    body = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    seen = {name: environ.get(name) for name in ('REQUEST_METHOD', 'SCRIPT_NAME', 'QUERY_STRING', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'HTTP_X_A', 'SERVER_PROTOCOL', 'wsgi.url_scheme')}
    seen['PATH_INFO'] = environ['PATH_INFO'].encode('latin-1').decode()
    seen['uri'] = request_uri(environ)
    seen['body'] = body.decode('latin-1')
    start_response('203 Seen', [('Content-Type', 'application/json'), ('X-Seen', 'yes')])
    return [json.dumps(seen).encode()]

CGIHandler().run(validator(app))
`;

describe("wsgiref's validator finds nothing wrong with what our CGI host gives a program", () => {
  let directory: string;
  let server: GatewayServer;
  let client: Client;
  let complaints = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wirestack-wsgiref-'));
    await writeFile(join(directory, 'app'), script);
    await chmod(join(directory, 'app'), 0o755);
    const scripts = cgiScripts(directory);
    const errors = {
      write: (text: string) => {
        complaints += text;
      },
      flush: () => undefined,
    };
    const heard: Application = (environ, startResponse) =>
      scripts(deriveEnviron(environ, { 'wsgi.errors': errors }), startResponse);
    server = await makeServer('127.0.0.1:0', mount({ '/cgi-bin': heard }));
    const { port } = server.address as { port: number };
    client = new Client({ baseUrl: 'http://app.example/', connectTo: { host: '127.0.0.1', port } });
  });

  afterAll(async () => {
    await client.close();
    await server.drain({ timeoutMs: 1000 });
    await rm(directory, { recursive: true });
  });

  beforeEach(() => {
    complaints = '';
  });

  // All have a path: without PATH_INFO, which PEP 3333 allows, the validator itself fails with KeyError as it words its message.
  const nothing = { CONTENT_TYPE: null, CONTENT_LENGTH: null, QUERY_STRING: '', HTTP_X_A: null, body: '' };

  test.each([
    ['GET', '/app/', {}, { PATH_INFO: '/', uri: 'http://app.example/cgi-bin/app/' }],
    ['GET', '/app/a?b=c&b=%20+', {}, { PATH_INFO: '/a', QUERY_STRING: 'b=c&b=%20+' }],
    ['GET', '/app/gr%C3%BC%C3%9Fe/%E4%B8%96%20%25', {}, { PATH_INFO: '/grüße/世 %' }],
    ['GET', '/app/', { headers: { 'X-A': '() { :; }; "b"' } }, { HTTP_X_A: '() { :; }; "b"' }],
    [
      'POST',
      '/app/x',
      { headers: { 'Content-Type': 'a/b' }, body: Buffer.from([0, 10, 13, 255]) },
      { CONTENT_TYPE: 'a/b', CONTENT_LENGTH: '4', body: '\0\n\r\xff' },
    ],
    [
      'POST',
      '/app/',
      { headers: { 'Content-Type': 'a/b' }, body: '' },
      { CONTENT_TYPE: 'a/b', CONTENT_LENGTH: '0' },
    ],
    ['PUT', '/app/', { body: 'x'.repeat(200_000) }, { CONTENT_LENGTH: '200000', body: 'x'.repeat(200_000) }],
    ['DELETE', '/app/', {}, {}],
  ] as const)('%s %s', async (method, path, options, expected) => {
    const response = await client.request(`/cgi-bin${path}`, { method, ...options });
    expect(complaints).toBe('');
    expect([response.status, response.reason, response.headers.get('x-seen')]).toEqual([203, 'Seen', 'yes']);
    const place = { REQUEST_METHOD: method, SCRIPT_NAME: '/cgi-bin/app', SERVER_PROTOCOL: 'HTTP/1.1' };
    expect(await response.json()).toMatchObject({
      ...nothing,
      ...place,
      'wsgi.url_scheme': 'http',
      ...expected,
    });
  });

  test('HEAD, without a body', async () => {
    const response = await client.request('/cgi-bin/app/', { method: 'HEAD' });
    expect([response.status, response.headers.get('x-seen'), await response.text()]).toEqual([
      203,
      'yes',
      '',
    ]);
    expect(complaints).toBe('');
  });

  test('and would say so', async () => {
    const response = await client.request('/cgi-bin/app/wrong');
    expect(response.status).toBe(500);
    expect(complaints).toContain('AssertionError');
  });
});
