import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { cgiScripts, mount, textResponse, type CgiOptions } from '@wirestack/gateway';
import { ask, dial, exchange, requestOf, serving, type Served } from '../peer.ts';
import { scratch } from '../scratch.ts';

interface Site extends Served {
  readonly root: string;
  /** What programs complained of. */
  readonly complaints: string[];
}

/** Serves programs of a directory of their own. */
async function site(programs: Readonly<Record<string, string>>, options: CgiOptions = {}): Promise<Site> {
  const root = scratch();
  for (const [name, text] of Object.entries(programs)) {
    const at = name.lastIndexOf('/');
    if (at > 0) mkdirSync(`${root}/${name.slice(0, at)}`, { recursive: true });
    writeFileSync(`${root}/${name}`, text);
    chmodSync(`${root}/${name}`, 0o755);
  }
  const complaints: string[] = [];
  const app = cgiScripts(root, options);
  const served = await serving(
    mount({
      '/cgi-bin': (environ, startResponse) => {
        environ['wsgi.errors'] = { write: (text) => void complaints.push(text), flush: () => undefined };
        return app(environ, startResponse);
      },
    }),
  );
  return { ...served, root, complaints };
}

const sh = (...lines: string[]): string => `#!/bin/sh\n${lines.join('\n')}\n`;
const environment = sh('echo Content-Type: text/plain', 'echo', 'env -0');

async function variablesOf(request: string, options: CgiOptions = {}): Promise<Map<string, string>> {
  const { address } = await site({ 'env.sh': environment }, options);
  const { status, body } = await exchange(address, request);
  expect(status).toBe(200);
  const text = Buffer.from(body, 'latin1').toString();
  return new Map(
    text
      .split('\0')
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

describe('what a program is told', () => {
  test('the variables of RFC 3875, and header fields', async () => {
    const variables = await variablesOf(
      requestOf(
        'GET /cgi-bin/env.sh/a%20b/c?x=1&y=%20',
        'X-Real-Ip: 1',
        'Accept: a',
        'Accept: b',
        'Cookie: c=d',
      ),
    );
    expect(Object.fromEntries(variables)).toMatchObject({
      GATEWAY_INTERFACE: 'CGI/1.1',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'wirestack',
      SERVER_NAME: '127.0.0.1',
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/cgi-bin/env.sh/a%20b/c?x=1&y=%20',
      SCRIPT_NAME: '/cgi-bin/env.sh',
      PATH_INFO: '/a b/c',
      QUERY_STRING: 'x=1&y=%20',
      REMOTE_ADDR: '127.0.0.1',
      HTTP_X_REAL_IP: '1',
      HTTP_ACCEPT: 'a, b',
      HTTP_COOKIE: 'c=d',
    });
    expect(variables.get('PATH_TRANSLATED')).toMatch(/\/a b\/c$/);
    expect(variables.has('CONTENT_LENGTH')).toBe(false);
  });

  test('nothing of this process but what is allowed, no credentials, and no proxy (CVE-2016-5385)', async () => {
    vi.stubEnv('WIRESTACK_SECRET', 'secret');
    try {
      const variables = await variablesOf(
        requestOf('GET /cgi-bin/env.sh', 'Authorization: Basic x', 'Proxy: http://evil.example/', 'X_Y: 1'),
        { env: { GREETING: 'hello' } },
      );
      expect(variables.get('GREETING')).toBe('hello');
      expect(variables.get('PATH')).toBe(process.env['PATH']);
      for (const name of ['WIRESTACK_SECRET', 'HTTP_AUTHORIZATION', 'HTTP_PROXY', 'HTTP_X_Y', 'HOME'])
        expect(variables.has(name), name).toBe(false);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('never an argument, whatever the query looks like (CVE-2012-1823)', async () => {
    const { address } = await site({
      'args.sh': sh('echo Content-Type: text/plain', 'echo', 'echo "$# $*"'),
    });
    for (const query of ['-s', '-d+allow_url_include%3d1', 'a+b', '--help'])
      expect((await ask(address, `GET /cgi-bin/args.sh?${query}`)).body).toBe('0 \n');
  });

  test('text that looks like a command stays text (CVE-2014-6271), and a line end in a path a character', async () => {
    const variables = await variablesOf(
      requestOf(
        'GET /cgi-bin/env.sh/a%0aX-Evil:%201',
        'User-Agent: () { :; }; echo vulnerable',
        'X-A: $(id) `id`',
      ),
    );
    expect(variables.get('HTTP_USER_AGENT')).toBe('() { :; }; echo vulnerable');
    expect(variables.get('HTTP_X_A')).toBe('$(id) `id`');
    expect(variables.get('PATH_INFO')).toBe('/a\nX-Evil: 1');
  });

  test('a path that climbs is told, but translated to nothing', async () => {
    const variables = await variablesOf(requestOf('GET /cgi-bin/env.sh/..%2f..%2fetc/passwd'));
    expect(variables.get('PATH_INFO')).toBe('/../../etc/passwd');
    expect(variables.has('PATH_TRANSLATED')).toBe(false);
  });

  const cat = sh('echo Content-Type: text/plain', 'echo', 'echo "$CONTENT_LENGTH $CONTENT_TYPE"', 'cat');

  test('the body of the request, with its length; a chunked one has one by then', async () => {
    const { address } = await site({ 'cat.sh': cat });
    const fixed = requestOf('POST /cgi-bin/cat.sh', 'Content-Type: a/b', 'Content-Length: 5') + 'hello';
    expect((await exchange(address, fixed)).body).toBe('5 a/b\nhello');
    const chunked =
      requestOf('POST /cgi-bin/cat.sh', 'Transfer-Encoding: chunked') + '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
    expect((await exchange(address, chunked)).body).toBe('5 \nabcde');
  });

  test('a chunked body that is too long to keep is 413', async () => {
    const { address } = await site({ 'cat.sh': cat }, { maxBufferedBytes: 4 });
    const chunked =
      requestOf('POST /cgi-bin/cat.sh', 'Transfer-Encoding: chunked') + '5\r\nabcde\r\n0\r\n\r\n';
    expect((await exchange(address, chunked)).status).toBe(413);
  });

  test('a program that reads none of a long body is no failure', async () => {
    const { address } = await site({
      'deaf.sh': sh('exec <&-', 'echo Content-Type: a/b', 'echo', 'echo ok'),
    });
    const body = 'x'.repeat(300_000);
    const reply = await exchange(
      address,
      requestOf('POST /cgi-bin/deaf.sh', `Content-Length: ${String(body.length)}`) + body,
    );
    expect(reply.body).toBe('ok\n');
  });
});

describe('what a program says', () => {
  const printing = (text: string): string => `#!/bin/sh\nprintf '${text}'\n`;

  test.each([
    ['Content-Type: text/plain\\n\\nhi', 200, 'hi'],
    ['Content-Type: text/plain\\r\\n\\r\\nhi', 200, 'hi'],
    ['Status: 404 Gone Fishing\\nContent-Type: a/b\\n\\nhi', 404, 'hi'],
    ['Status: 201\\nX: y\\n\\n', 201, ''],
    ['Location: http://example.invalid/\\n\\n', 302, ''],
    ['Status: 303 See Other\\nLocation: /else\\n\\n', 303, ''],
    ['Content-Type: a/b\\nConnection: close\\nTransfer-Encoding: chunked\\n\\nhi', 200, 'hi'],
  ])('%j', async (text, status, body) => {
    const { address } = await site({ 'a.sh': printing(text) });
    const reply = await ask(address, 'GET /cgi-bin/a.sh');
    expect(reply).toMatchObject({ status, body, isComplete: true });
  });

  test('its own words behind the status, its fields, and HEAD without a body', async () => {
    const { address } = await site({
      'a.sh': printing('Status: 404 Gone Fishing\\nX-A: 1\\nX-A: 2\\n\\nhi'),
    });
    const reply = await ask(address, 'HEAD /cgi-bin/a.sh');
    expect(reply.statusLine).toBe('HTTP/1.1 404 Gone Fishing');
    expect(reply.headers.filter(([name]) => name === 'X-A')).toEqual([
      ['X-A', '1'],
      ['X-A', '2'],
    ]);
    expect(reply.body).toBe('');
  });

  test.each([
    ['nothing', ''],
    ['no empty line', 'Content-Type: a/b\\n'],
    ['an empty line only', '\\nhi'],
    ['a line that is no field', 'Content-Type: a/b\\nwhat\\n\\nhi'],
    ['a field without a name', ': x\\n\\nhi'],
    ['a bare CR', 'X-A: a\\rSet-Cookie: b\\n\\nhi'],
    ['a NUL', 'X-A: a\\000b\\n\\nhi'],
    ['a status that is none', 'Status: OK\\n\\nhi'],
    ['a status of the connection', 'Status: 101 Switching Protocols\\n\\nhi'],
    ['two', 'Status: 200\\nStatus: 404\\n\\nhi'],
    ['a place on no host', 'Location: //evil.example/\\n\\n'],
    ['a Content-Length that is none', 'Content-Length: x\\n\\nhi'],
  ])('%s is 502, and nothing of it goes on', async (_, text) => {
    const { address, complaints } = await site({ 'a.sh': printing(text) });
    const reply = await ask(address, 'GET /cgi-bin/a.sh');
    expect([500, 502]).toContain(reply.status);
    expect(reply.raw).not.toContain('hi');
    expect(reply.raw).not.toContain('Set-Cookie');
    if (reply.status === 502) expect(complaints.join('')).toContain('/a.sh: ');
  });

  test('a head without end is cut off', async () => {
    const { address } = await site({ 'a.sh': sh('yes X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') });
    expect((await ask(address, 'GET /cgi-bin/a.sh')).status).toBe(502);
  });

  test('a program named nph- prints the status line, too', async () => {
    const { address } = await site({
      'nph-a.sh': printing('HTTP/1.0 404 Not Here\\r\\nX-A: 1\\r\\n\\r\\nhi'),
    });
    const reply = await ask(address, 'GET /cgi-bin/nph-a.sh');
    expect(reply.statusLine).toBe('HTTP/1.1 404 Not Here');
    expect(reply).toMatchObject({ body: 'hi', isComplete: true });
  });

  test('a local redirect is answered by the program that it names, as for a GET; a circle is 502', async () => {
    const { address } = await site({
      'a.sh': printing('Location: /env.sh/x?y=z\\n\\n'),
      'circle.sh': printing('Location: /circle.sh\\n\\n'),
      'env.sh': sh('echo Content-Type: a/b', 'echo', 'echo "$REQUEST_METHOD $PATH_INFO $QUERY_STRING"'),
    });
    const post = requestOf('POST /cgi-bin/a.sh', 'Content-Length: 2') + 'hi';
    expect((await exchange(address, post)).body).toBe('GET /x y=z\n');
    expect((await ask(address, 'GET /cgi-bin/circle.sh')).status).toBe(502);
  });

  test('a body of 10 MB comes whole', async () => {
    const { address } = await site({
      'a.sh': sh('echo Content-Type: a/b', 'echo', 'head -c 10000000 /dev/zero'),
    });
    const reply = await ask(address, 'GET /cgi-bin/a.sh');
    expect(reply).toMatchObject({ status: 200, isComplete: true });
    expect(reply.body.length).toBe(10_000_000);
  });

  test('one that fails behind its head ends the connection', async () => {
    const { address } = await site({ 'a.sh': sh('echo Content-Type: a/b', 'echo', 'echo half', 'exit 3') });
    expect((await ask(address, 'GET /cgi-bin/a.sh')).isComplete).toBe(false);
  });

  test('one that prints more than it may, too', async () => {
    const { address } = await site(
      { 'a.sh': sh('echo Content-Type: a/b', 'echo', 'yes') },
      { maxBodyBytes: 1000 },
    );
    expect((await ask(address, 'GET /cgi-bin/a.sh')).isComplete).toBe(false);
  });

  test('what it complains of goes to wsgi.errors', async () => {
    const { address, complaints } = await site({
      'a.sh': sh('echo oops >&2', 'echo Content-Type: a/b', 'echo', 'echo ok'),
    });
    expect((await ask(address, 'GET /cgi-bin/a.sh')).body).toBe('ok\n');
    expect(complaints.join('')).toBe('oops\n');
  });
});

describe('which programs there are', () => {
  test('a path that names none is 404: up, hidden, empty, outside, a directory, a NUL', async () => {
    const { address, root } = await site({
      'a.sh': environment,
      '.hidden.sh': environment,
      'sub/b.sh': environment,
    });
    const outside = scratch();
    writeFileSync(`${outside}/c.sh`, environment);
    chmodSync(`${outside}/c.sh`, 0o755);
    symlinkSync(`${outside}/c.sh`, `${root}/link.sh`);
    for (const path of [
      '/',
      '',
      '/no.sh',
      '/.hidden.sh',
      '//a.sh',
      '/sub',
      '/sub/',
      '/link.sh',
      '/a.sh%00',
      '/x/../a.sh',
      '/%2e%2e/a.sh',
      '/sub%5cb.sh',
      `/${'x'.repeat(300)}`,
    ])
      expect((await ask(address, `GET /cgi-bin${path}`)).status, path).toBe(404);
    expect((await ask(address, 'GET /cgi-bin/sub/b.sh')).status).toBe(200);
  });

  test('a file that is not executable is 403, and its source is not shown', async () => {
    const { address, root } = await site({ 'a.sh': environment });
    chmodSync(`${root}/a.sh`, 0o644);
    const reply = await ask(address, 'GET /cgi-bin/a.sh');
    expect(reply.status).toBe(403);
    expect(reply.raw).not.toContain('env -0');
  });

  test('one without a first line that says what runs it is 502; an interpreter runs it in any case', async () => {
    const text = 'echo Content-Type: a/b\necho\necho hi\n';
    const bad = await site({ 'a.xyz': '\u0000\u0001 no program' });
    expect((await ask(bad.address, 'GET /cgi-bin/a.xyz')).status).toBe(502);
    const good = await site({ 'a.xyz': text }, { interpreters: { '.xyz': '/bin/sh' } });
    chmodSync(`${good.root}/a.xyz`, 0o644);
    expect((await ask(good.address, 'GET /cgi-bin/a.xyz')).body).toBe('hi\n');
  });

  test('options that make no sense are refused', () => {
    expect(() => cgiScripts('.', { headTimeoutMs: 0 })).toThrow(TypeError);
  });
});

describe('programs that do not end', () => {
  const hanging = sh('echo $$ > "$PIDS"', 'sleep 600 & echo $! >> "$PIDS"', 'wait');

  async function pidsIn(file: string): Promise<number[]> {
    await vi.waitFor(async () => {
      expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(2);
    });
    return (await readFile(file, 'utf8')).trim().split('\n').map(Number);
  }

  const areGone = (pids: readonly number[]): Promise<void> =>
    vi.waitFor(() => {
      for (const pid of pids) expect(() => process.kill(pid, 0), String(pid)).toThrow('ESRCH');
    }, 10_000);

  test('one that says nothing is 504, and is ended with its children', async () => {
    const pids = `${scratch()}/pids`;
    const { address } = await site(
      { 'a.sh': hanging },
      { headTimeoutMs: 300, killAfterMs: 100, env: { PIDS: pids } },
    );
    expect((await ask(address, 'GET /cgi-bin/a.sh')).status).toBe(504);
    await areGone(await pidsIn(pids));
  });

  test('one that stops half-way ends the connection, and is ended', async () => {
    const { address } = await site(
      { 'a.sh': sh('echo Content-Type: a/b', 'echo', 'echo half', 'exec sleep 600') },
      { bodyTimeoutMs: 300, killAfterMs: 100 },
    );
    const reply = await ask(address, 'GET /cgi-bin/a.sh');
    expect(reply).toMatchObject({ status: 200, isComplete: false });
  });

  test('one whose client has left is ended, though it ignores TERM', async () => {
    const pids = `${scratch()}/pids`;
    const stubborn = sh(
      "trap '' TERM",
      'echo $$ > "$PIDS"',
      'sh -c \'trap "" TERM; sleep 600\' & echo $! >> "$PIDS"',
      'wait',
    );
    const { address } = await site({ 'a.sh': stubborn }, { killAfterMs: 100, env: { PIDS: pids } });
    const peer = await dial(address);
    await peer.write(requestOf('GET /cgi-bin/a.sh'), { encoding: 'latin1' });
    const running = await pidsIn(pids);
    peer.abort();
    await areGone(running);
  });

  test('more than may run are 503', async () => {
    const pids = `${scratch()}/pids`;
    const { address } = await site(
      { 'a.sh': hanging, 'b.sh': sh('echo Content-Type: a/b', 'echo') },
      { maxProcesses: 1, killAfterMs: 100, env: { PIDS: pids } },
    );
    const peer = await dial(address);
    await peer.write(requestOf('GET /cgi-bin/a.sh'), { encoding: 'latin1' });
    const running = await pidsIn(pids);
    expect((await ask(address, 'GET /cgi-bin/b.sh')).status).toBe(503);
    peer.abort();
    await areGone(running);
    await vi.waitFor(async () => {
      expect((await ask(address, 'GET /cgi-bin/b.sh')).status).toBe(200);
    });
  });
});

test('a local redirect may lead out of the programs, where the site is given', async () => {
  const root = scratch();
  writeFileSync(`${root}/a.sh`, sh("printf 'Location: /page\\n\\n'"));
  chmodSync(`${root}/a.sh`, 0o755);
  const page = cgiScripts(root, {
    site: (environ, startResponse) =>
      environ.PATH_INFO === '/page'
        ? textResponse(startResponse, '418 Teapot')
        : textResponse(startResponse, '404 Not Found'),
  });
  const { address } = await serving(mount({ '/cgi-bin': page }));
  expect((await ask(address, 'GET /cgi-bin/a.sh')).status).toBe(418);
});
