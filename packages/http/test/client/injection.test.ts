import { describe, expect, it } from 'vitest';
import type { HeaderList } from '../../src/headers.ts';
import { asking, client, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer } from './support/scripted-server.ts';

const breaking = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  '\r\nX: forged',
  '\r\n\r\nGET /forged HTTP/1.1\r\n\r\n',
  'é€',
  '\ud800',
  '\x7f',
];

describe('what would break the lines of a request is refused before anything is sent, and the connection is as it was', () => {
  const places: [name: string, parts: (bad: string) => Parameters<typeof asking>[1]][] = [
    ['the method', (bad) => ({ method: `GET${bad}` })],
    ['a field name', (bad) => ({ headers: [[`X${bad}`, 'y']] })],
    ['a field value', (bad) => ({ headers: [['X', `y${bad}z`]] })],
    ['the Host', (bad) => ({ headers: [['Host', `a${bad}`]] })],
    ['the Content-Length', (bad) => ({ headers: [['Content-Length', `1${bad}`]], body: 'x' })],
  ];
  it.each(places.flatMap(([name, parts]) => breaking.map((bad) => [name, bad, parts] as const)))(
    '%s with %j',
    async (_, bad, parts) => {
      const server = await ScriptedServer.answering(({ target }) => ok(target));
      const pool = transport();
      expect(await (await pool.send(asking(`${server.url}/before`))).text()).toBe('/before');
      const before = server.peers[0]?.socket.bytesRead;
      await expect(pool.send(asking(server.url, parts(bad)))).rejects.toMatchObject({
        name: 'HttpUsageError',
      });
      expect(server.peers[0]?.socket.bytesRead).toBe(before);
      expect(await (await pool.send(asking(`${server.url}/after`))).text()).toBe('/after');
      expect(server.peers).toHaveLength(1);
    },
  );

  it.each<[name: string, method: string, headers: HeaderList]>([
    ['no method', '', []],
    ['a method with a blank', 'GET /x', []],
    ['a name with a blank', 'GET', [['X ', 'y']]],
    ['a name with a colon', 'GET', [['X:', 'y']]],
    ['no name', 'GET', [['', 'y']]],
    [
      'two Hosts',
      'GET',
      [
        ['Host', 'a'],
        ['host', 'b'],
      ],
    ],
    ['Transfer-Encoding', 'GET', [['Transfer-Encoding', 'chunked']]],
    ['a value that is no string', 'GET', [['X', 1 as unknown as string]]],
  ])('%s', async (_, method, headers) => {
    const server = await ScriptedServer.answering(() => ok());
    await expect(transport().send(asking(server.url, { method, headers }))).rejects.toMatchObject({
      name: 'HttpUsageError',
    });
    expect(server.peers[0]?.socket.bytesRead ?? 0).toBe(0);
  });

  it('a trailer ends the connection: its head has left already', async () => {
    const server = await ScriptedServer.start();
    const asked = failure(
      transport().send(asking(server.url, { body: ['x'], trailers: () => [['X', 'y\r\nZ: forged']] })),
    );
    const peer = await server.accept();
    expect(await asked).toBe('BAD_FIELD');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(peer.unread).not.toContain('forged');
  });
});

describe('a URL', () => {
  it.each([
    ['/a b', '/a%20b'],
    ['/a\r\nX: y', '/aX:%20y'],
    ['/ä?ö=€', '/%C3%A4?%C3%B6=%E2%82%AC'],
    ['/\0a', '/%00a'],
    ['/a/../b', '/b'],
    ['/%0d%0a', '/%0d%0a'],
    ['/a#b', '/a'],
    ['?q', '/?q'],
    ['', '/'],
    ['/{a}|[b]^`', undefined],
  ])('with %j is sent as %j', async (path, target) => {
    const server = await ScriptedServer.answering((request) => ok(request.head));
    const head = await (await transport().send(asking(server.url + path))).text();
    expect(head.split('\r\n')).toHaveLength(4);
    expect(head).toContain(`\r\nHost: 127.0.0.1:${String(server.port)}\r\n`);
    const { pathname, search } = new URL(server.url + path);
    expect(head.split(' ')[1]).toBe(target ?? pathname + search);
  });

  it.each([
    'nowhere',
    '/path',
    'ftp://a.test/',
    'javascript:1',
    'http://',
    'http://a.test:99999/',
    'http://a b/',
    'http://[::1',
  ])('%j is refused', async (url) => {
    await expect(transport().send(asking(url))).rejects.toMatchObject({
      name: 'HttpUsageError',
      code: 'BAD_REQUEST',
    });
  });

  it('may be relative to baseUrl, and have a query joined to its own', async () => {
    const server = await ScriptedServer.answering(({ target }) => ok(target));
    const { request } = { request: client({ baseUrl: `${server.url}/base/` }) };
    expect(
      await (await request.request('path?a=1', { query: { b: 'x&y', c: 2, d: undefined, e: true } })).text(),
    ).toBe('/base/path?a=1&b=x%26y&c=2&e=true');
    expect(await (await request.request('/path', { query: new URLSearchParams('a=1&a=2') })).text()).toBe(
      '/path?a=1&a=2',
    );
  });

  it('with a user gives Authorization, and is not sent with it', async () => {
    const server = await ScriptedServer.answering(({ head }) => ok(head));
    const head = await (await client().request(server.url.replace('//', '//m%C3%BCller:p%40ss@'))).text();
    expect(head).toContain(`\r\nAuthorization: Basic ${Buffer.from('müller:p@ss').toString('base64')}\r\n`);
    expect(head).toContain('\r\nHost: 127.0.0.1');
    expect(head).not.toContain('p%40ss');
  });
});
