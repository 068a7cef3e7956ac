import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { start, type Run } from './console.ts';
import { scratch } from './scratch.ts';

const running: Run[] = [];

afterEach(async () => {
  for (const run of running.splice(0)) {
    run.stop();
    run.stop();
    await run.code;
  }
});

interface Served {
  readonly run: Run;
  readonly url: string;
  readonly directory: string;
}

async function serving(...args: string[]): Promise<Served> {
  const directory = await scratch();
  await writeFile(join(directory, 'a.txt'), 'hello\n');
  await writeFile(join(directory, '.secret'), 'secret\n');
  await mkdir(join(directory, 'sub'));
  const run = start(['serve', directory, '-p', '0', ...args]);
  running.push(run);
  const [, url = ''] = await run.stderr.match(/^ {2}(\S+)\/$/m);
  return { run, url, directory };
}

describe('serve', () => {
  it('serves the files of a directory, with their types, and logs to standard output', async () => {
    const { run, url, directory } = await serving();
    const response = await fetch(`${url}/a.txt`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('hello\n');
    await run.stdout.match(/^127\.0\.0\.1 - - \[.+\] "GET \/a\.txt HTTP\/1\.1" 200 6$/m);
    expect(run.stderr.text).toContain(directory);
  });

  it('lists a directory, unless it is not to', async () => {
    const listed = await serving();
    expect(await (await fetch(listed.url)).text()).toContain('a.txt');
    const hidden = await serving('--no-listing', '--quiet');
    expect((await fetch(hidden.url)).status).toBe(404);
    expect(hidden.run.stdout.text).toBe('');
  });

  it('runs programs of cgi-bin, where it is told to; else they are files like any', async () => {
    for (const [args, body] of [
      [['--cgi'], 'GET a=b\n'],
      [[], '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REQUEST_METHOD $QUERY_STRING\\n"\n'],
    ] as const) {
      const { url, directory } = await serving(...args);
      await mkdir(join(directory, 'cgi-bin'));
      const program = join(directory, 'cgi-bin/a.sh');
      await writeFile(
        program,
        '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REQUEST_METHOD $QUERY_STRING\\n"\n',
      );
      await chmod(program, 0o755);
      expect(await (await fetch(`${url}/cgi-bin/a.sh?a=b`)).text()).toBe(body);
      expect(await (await fetch(`${url}/a.txt`)).text()).toBe('hello\n');
    }
  });

  it('hides names with a dot, and links that lead out, unless it is told to serve them', async () => {
    const outside = await scratch();
    await writeFile(join(outside, 'b.txt'), 'outside\n');
    const strict = await serving();
    await symlink(join(outside, 'b.txt'), join(strict.directory, 'link.txt'));
    expect((await fetch(`${strict.url}/.secret`)).status).toBe(404);
    expect((await fetch(`${strict.url}/link.txt`)).status).toBe(404);
    const open = await serving('--dotfiles', '--follow');
    await symlink(join(outside, 'b.txt'), join(open.directory, 'link.txt'));
    expect(await (await fetch(`${open.url}/.secret`)).text()).toBe('secret\n');
    expect(await (await fetch(`${open.url}/link.txt`)).text()).toBe('outside\n');
  });

  it('an application of one page, for other sites, kept for an hour', async () => {
    const { url, directory } = await serving('--spa', '--cors', '--max-age', '3600');
    await writeFile(join(directory, 'index.html'), '<p>app');
    // A `fetch` says that it is no browser on its way to a page.
    const page = start(['get', `${url}/some/route`, '-H', 'Accept: text/html']);
    expect(await page.code).toBe(0);
    expect(page.stdout.text).toBe('<p>app');
    const file = await fetch(`${url}/a.txt`);
    await file.text();
    expect(file.headers.get('access-control-allow-origin')).toBe('*');
    expect(file.headers.get('cache-control')).toContain('max-age=3600');
  });

  it('compresses text, unless it is not to', async () => {
    for (const [args, coding] of [
      [[], 'gzip'],
      [['--no-compress'], null],
    ] as const) {
      // A file that was written a moment ago is not worth compressing: this one is older.
      const run = start(['serve', join(import.meta.dirname, '..'), '-p', '0', ...args]);
      running.push(run);
      const [, url = ''] = await run.stderr.match(/^ {2}(\S+)\/$/m);
      const response = await fetch(`${url}/README.md`, { headers: { 'accept-encoding': 'gzip' } });
      expect(await response.text()).toContain('# wirestack');
      expect(response.headers.get('content-encoding')).toBe(coding);
    }
  });

  it('speaks TLS with a certificate of its own, which names the address', async () => {
    const { url } = await serving('--tls');
    expect(url).toMatch(/^https:/);
    const names = await new Promise((resolve, reject) => {
      httpsRequest(`${url}/a.txt`, { rejectUnauthorized: false, agent: false }, (response) => {
        const socket: unknown = response.socket;
        const { subjectaltname } = (socket as TLSSocket).getPeerCertificate();
        response.resume();
        resolve(subjectaltname);
      })
        .on('error', reject)
        .end();
    });
    expect(names).toContain('IP Address:127.0.0.1');
    expect(names).toContain('DNS:localhost');
  });

  it('listens on a Unix socket', async () => {
    const directory = await scratch();
    const path = join(directory, 's');
    const run = start(['serve', directory, '-b', path]);
    running.push(run);
    await run.stderr.match(/unix:/);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      connect(path, function (this: Socket) {
        this.write('GET / HTTP/1.0\r\n\r\n');
      })
        .on('data', (chunk) => (text += String(chunk)))
        .on('end', () => resolve(text))
        .on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a port that is taken is a failure that says so', async () => {
    const { url } = await serving();
    const { port } = new URL(url);
    const second = start(['serve', await scratch(), '-p', port]);
    expect(await second.code).toBe(1);
    expect(second.stderr.text).toContain('EADDRINUSE');
  });

  it('finishes what is under way when it is stopped', async () => {
    const { run, url } = await serving();
    await (await fetch(`${url}/a.txt`)).text();
    run.stop();
    expect(await run.code).toBe(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
