import { readFile, stat } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { runToEnd, start, type Run } from './console.ts';
import { moduleOf, saying } from './run-module.ts';
import { scratch } from './scratch.ts';

const running: Run[] = [];

afterEach(async () => {
  for (const run of running.splice(0)) {
    run.stop();
    run.stop();
    await run.code;
  }
});

interface Running {
  readonly run: Run;
  readonly url: string;
}

async function runningOf(module: string, ...args: string[]): Promise<Running> {
  const run = start(['run', module, '-p', '0', ...args]);
  running.push(run);
  const [, url = ''] = await run.stderr.match(/^ {2}(\S+)\/$/m);
  return { run, url };
}

describe('run', () => {
  it('serves what a module exports, and logs to standard output', async () => {
    const { run, url } = await runningOf(await moduleOf(saying('hello')));
    expect(await textOf(`${url}/a`)).toBe('hello |/a');
    await run.stdout.match(/^127\.0\.0\.1 - - \[.+\] "GET \/a HTTP\/1\.1" 200 9$/m);
    run.signal('SIGTERM');
    expect(await run.code).toBe(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('takes a fetch handler, a name, a function that makes one, and a module without its extension', async () => {
    const module = await moduleOf(`
      export default { fetch: (request) => new Response('fetched ' + new URL(request.url).pathname) };
      export const other = (environ, startResponse) => { startResponse('200 OK', []); return ['other']; };
      export const create = async () => ({ fetch: () => new Response('created') });
    `);
    const bare = module.replace(/\.mjs$/, '');
    for (const [argument, answer] of [
      [bare, 'fetched /'],
      [`${bare}:default`, 'fetched /'],
      [`${module}:other`, 'other'],
      [`${module}:create()`, 'created'],
    ] as const) {
      const { url } = await runningOf(argument);
      expect(await textOf(`${url}/`)).toBe(answer);
    }
  });

  it('mounts it, without a log, where it is told to', async () => {
    const module = await moduleOf(saying('mounted'));
    const { run, url } = await runningOf(module, '--script-name', '/shop', '--access-log', 'off');
    expect(await textOf(`${url}/shop/cart`)).toBe('mounted /shop|/cart');
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect(run.stdout.text).toBe('');
  });

  it('believes the proxies that it is told of, and logs whom they name', async () => {
    const { run, url } = await runningOf(
      await moduleOf(saying('hello')),
      '--trust-proxy',
      '10.0.0.0/8, 127.0.0.1',
      '--access-log',
      'json',
    );
    await (await fetch(url, { headers: { 'X-Forwarded-For': '192.0.2.7' } })).text();
    await run.stdout.match(/192\.0\.2\.7/);
  });

  it('checks the application against PEP 3333 where it is told to', async () => {
    const module = await moduleOf(`
      export const app = (environ, startResponse) => { startResponse('200 OK', []); return 'text'; };
      export const serverOptions = { onError: (error) => { globalThis.toldOfValidation = error.message; } };
    `);
    const { url } = await runningOf(module, '--validate');
    expect((await fetch(url)).status).toBe(500);
    // What the module says of the server is heard.
    expect(Reflect.get(globalThis, 'toldOfValidation')).toContain('a body is an iterable of chunks');
  });

  it('speaks TLS, and listens on a Unix socket', async () => {
    const module = await moduleOf(saying('hello'));
    const { url } = await runningOf(module, '--tls');
    const answer = await new Promise<string>((resolve, reject) => {
      httpsRequest(`${url}/`, { rejectUnauthorized: false, agent: false }, (response) => {
        resolve(text(response));
      })
        .on('error', reject)
        .end();
    });
    expect(answer).toBe('hello |/');
    const path = join(await scratch(), 's');
    const run = start(['run', module, '-b', path]);
    running.push(run);
    await run.stderr.match(/unix:/);
    expect(await exchange(path, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [^]*hello \|\/$/);
  });

  it('speaks to a front server', async () => {
    const path = join(await scratch(), 's');
    const run = start(['run', await moduleOf(saying('hello')), '-b', path, '--scgi', '--script-name', '/a']);
    running.push(run);
    await run.stderr.match(/unix:/);
    const variables = ['CONTENT_LENGTH', '0', 'SCGI', '1', 'REQUEST_URI', '/a/b', ''].join('\0');
    const answer = await exchange(path, `${String(variables.length)}:${variables},`);
    expect(answer).toMatch(/^Status: 200 OK\r\n/);
    expect(answer).toContain('hello /a|/b');
  });

  it('accepts still for the drain delay, and tells the application', async () => {
    const module = await moduleOf(`
      export const app = (environ, startResponse) => {
        startResponse('200 OK', []);
        return [String(environ['wirestack.draining'].aborted)];
      };
    `);
    const { run, url } = await runningOf(module, '--drain-delay', '0.3');
    expect(await textOf(url)).toBe('false');
    run.signal('SIGTERM');
    expect(await textOf(url)).toBe('true');
    expect(await run.code).toBe(0);
  });

  it('leaves its process id in a file while it runs', async () => {
    const pid = join(await scratch(), 'pid');
    const { run } = await runningOf(await moduleOf(saying('hello')), '--pid', pid);
    expect(await readFile(pid, 'utf8')).toBe(`${String(process.pid)}\n`);
    run.signal('SIGINT');
    await run.code;
    await expect(stat(pid)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['export const nothing = 1', '', /app\.mjs exports no application or app or default: it exports nothing/],
    ['export const number = 1', ':number', /number of .*app\.mjs is a number, expected an application/],
    ['export const app = 1', ':create()', /app\.mjs exports no create: it exports app/],
    [
      'const boot = () => { throw new RangeError("no database"); };\nboot();',
      '',
      /threw as it was loaded\nRangeError: no database\n +at boot .*app\.mjs/,
    ],
    ['import "./nowhere.mjs"', '', /nowhere\.mjs/],
  ])('a module that says %j cannot be run: 1, and why', async (source, name, why) => {
    const { code, out, err } = await runToEnd(['run', `${await moduleOf(source)}${name}`, '-p', '0']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^wirestack run: /);
    expect(err).toMatch(why);
  });

  it('nor can one that is not there, or a port that is taken', async () => {
    const missing = await runToEnd(['run', join(await scratch(), 'nothing')]);
    expect(missing.code).toBe(1);
    expect(missing.err).toMatch(/there is no module .*nothing\n$/);
    const module = await moduleOf(saying('hello'));
    const { url } = await runningOf(module);
    const taken = await runToEnd(['run', module, '-b', new URL(url).host]);
    expect(taken.code).toBe(1);
    expect(taken.err).toContain('EADDRINUSE');
  });

  it.each([
    [[], 'a module is expected'],
    [['a', 'b'], 'one module is expected, not 2'],
    [['a', '--processes', '1.5'], '--processes is 1.5, which is no whole number'],
    [['a', '--scgi', '--cgi'], '--scgi and --cgi are two'],
    [['a', '--fastcgi', '--tls'], '--tls is for HTTP, not for --fastcgi'],
    [['a', '--uwsgi', '--access-log', 'json'], '--access-log is for HTTP, not for --uwsgi'],
    [['a', '--access-log', 'xml'], '--access-log is "xml", expected common, combined, json or off'],
    [['a', '--script-name', 'x/'], '--script-name is "x/", expected /path'],
    [['a', '-b', ':80', '-p', '80'], '--port, and a port in --bind, are two'],
    [['a', '--drain-delay', 'x'], '--drain-delay is "x"'],
  ])('%j makes no sense: 2, and why', async (args, why) => {
    const { code, out, err } = await runToEnd(['run', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  it('tells of every option in its help', async () => {
    const { out } = await runToEnd(['run', '--help']);
    for (const option of [
      ...['bind', 'port', 'processes', 'reload', 'validate', 'access-log', 'fastcgi', 'scgi', 'uwsgi', 'cgi'],
      ...['tls', 'cert', 'key', 'script-name', 'trust-proxy', 'drain-delay', 'drain-time', 'pid'],
    ]) {
      expect(out).toContain(`--${option}`);
    }
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

async function textOf(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

/** What comes until the end. */
function exchange(path: string, bytes: string): Promise<string> {
  const socket = connect(path);
  socket.write(bytes);
  return text(socket);
}
