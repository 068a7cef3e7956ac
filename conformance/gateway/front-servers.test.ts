import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveFastCgi, serveScgi, serveUwsgi, validator, type Application } from '@wirestack/gateway';
import { Client } from '@wirestack/http/client';
import type { RunningServer } from '@wirestack/socket';
import { Nginx } from '../support/nginx.ts';

/** Says what it was asked. */
const echo: Application = async (environ, startResponse) => {
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, HTTP_X_A, CONTENT_TYPE } = environ;
  if (PATH_INFO === '/fail') throw new Error('asked to');
  const body = Buffer.from(await environ['wsgi.input'].read());
  startResponse('201 Made', [
    ['Content-Type', 'application/json'],
    ['X-Method', environ.REQUEST_METHOD],
  ]);
  const seen = { SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, HTTP_X_A, CONTENT_TYPE };
  return [JSON.stringify({ ...seen, length: body.length })];
};

const protocols = [
  { name: 'SCGI', serve: serveScgi, params: 'scgi_params', pass: 'scgi_pass unix:' },
  { name: 'uwsgi', serve: serveUwsgi, params: 'uwsgi_params', pass: 'uwsgi_pass unix:' },
  { name: 'FastCGI', serve: serveFastCgi, params: 'fastcgi_params', pass: 'fastcgi_pass unix:' },
  {
    name: 'FastCGI, kept',
    serve: serveFastCgi,
    params: 'fastcgi_params',
    pass: 'fastcgi_keep_conn on; fastcgi_pass app; #',
  },
] as const;

describe.each(protocols)('nginx passes requests on by $name', ({ serve, params, pass }) => {
  let directory: string;
  let server: RunningServer;
  let nginx: Nginx;
  let client: Client;
  const errors: unknown[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wirestack-front-'));
    const path = join(directory, 'app.sock');
    server = await serve({ path }, validator(echo), { onError: (error) => void errors.push(error) });
    nginx = await Nginx.start(
      `upstream app { server unix:${path}; keepalive 4; }`,
      `client_max_body_size 10m; client_body_buffer_size 2m;
       location / { include /etc/nginx/${params}; ${pass}${path};
       }`,
    );
    client = new Client({ baseUrl: 'http://example.com/', connectTo: { path: nginx.socketPath } });
  });

  afterAll(async () => {
    await client.close();
    await nginx.stop();
    await server.drain({ timeoutMs: 1000 });
    await rm(directory, { recursive: true });
  });

  test('and the application sees them as they were sent', async () => {
    const response = await client.request('/a%20b/%C3%BC?x=1', { headers: { 'X-A': 'b' } });
    expect([response.status, response.reason, response.headers.get('x-method')]).toEqual([
      201,
      'Made',
      'GET',
    ]);
    expect(await response.json()).toEqual({
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/ü',
      QUERY_STRING: 'x=1',
      REQUEST_URI: '/a%20b/%C3%BC?x=1',
      HTTP_X_A: 'b',
      length: 0,
    });
    expect(errors).toEqual([]);
  });

  test('with their bodies, and HEAD without one', async () => {
    const headers = { 'Content-Type': 'a/b' };
    const posted = await client.request('/p', { body: 'x'.repeat(1_000_000), headers });
    expect(await posted.json()).toMatchObject({ length: 1_000_000, CONTENT_TYPE: 'a/b' });
    const head = await client.request('/p', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([201, '']);
    expect(errors).toEqual([]);
  });

  test('a hundred of them, many at a time', async () => {
    const paths = Array.from({ length: 100 }, (_, i) => `/${String(i)}`);
    const answers = await Promise.all(paths.map(async (path) => (await client.request(path)).json()));
    expect(answers.map((answer) => (answer as { PATH_INFO: string }).PATH_INFO)).toEqual(paths);
    expect(nginx.complaints).toEqual([]);
  });

  test('and what an application throws is a 500', async () => {
    const response = await client.request('/fail');
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect(errors.splice(0)).toEqual([expect.objectContaining({ message: 'asked to' })]);
  });
});
