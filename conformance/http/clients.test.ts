import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, output, run, type Ended } from '../support/program.ts';
import { Upstream } from './upstream.ts';

const pythonClient = fileURLToPath(new URL('http_client.py', import.meta.url));

let server: Upstream;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'wirestack-clients-'));
  server = await Upstream.start();
});

afterEach(() => {
  expect(server.errors).toEqual([]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
});

const url = (path: string): string => `http://${server.address}${path}`;

function curl(...args: string[]): Promise<Ended> {
  return run('curl', ['--disable', '--silent', '--show-error', '--max-time', '60', ...args], {
    timeoutMs: 70_000,
  });
}

describe.skipIf(!isInstalled('curl'))('curl', () => {
  test('uploads 10 MB once it was told to go on, and they arrive byte for byte', async () => {
    const content = Buffer.alloc(10_000_000);
    for (let at = 0; at < content.length; at += 4) content.writeUInt32BE(at, at);
    const file = join(scratch, 'upload');
    await writeFile(file, content);
    const args = [
      '--header',
      'Expect: 100-continue',
      '--expect100-timeout',
      '30',
      '--dump-header',
      join(scratch, 'head'),
    ];
    const { stdout } = await curl(...args, '--upload-file', file, url('/upload'));
    const hash = createHash('sha256').update(content).digest('hex');
    expect(JSON.parse(stdout)).toEqual({ bytes: content.length, hash, coding: '' });
  });

  test('is given the trailers', async () => {
    const { stdout } = await curl('--dump-header', '-', url('/trailers'));
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nwith trailers\nX-Checksum: right\r\n$/);
  });

  test('that speaks HTTP/1.0 is given neither chunks nor trailers', async () => {
    const { code, stdout } = await curl('--http1.0', '--raw', '--dump-header', '-', url('/trailers'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/\r\n\r\nwith trailers\n$/);
    expect(stdout).not.toMatch(/transfer-encoding|x-checksum/i);
  });

  test('is told beforehand what it will need', async () => {
    const { stdout } = await curl('--dump-header', '-', url('/hints'));
    expect(stdout).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: [^\r]+\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhinted\n$/,
    );
  });

  test('that would change to HTTP/2 is answered in HTTP/1.1, and keeps its connection', async () => {
    const write = ['--write-out', '%{http_version} %{num_connects}\n'];
    const { stdout } = await curl('--http2', ...write, '--data', 'body', url('/first'), url('/second'));
    expect(stdout).toBe('POST /first\n1.1 1\nPOST /second\n1.1 0\n');
  });

  test('that knows beforehand that it is HTTP/2 is refused', async () => {
    const { code, stdout } = await curl('--http2-prior-knowledge', url('/'));
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(server.seen.some(({ method }) => method === 'PRI')).toBe(false);
  });

  test('that would take HTTP/0.9 is given HTTP/1.1', async () => {
    const { code, stdout } = await curl('--http0.9', '--dump-header', '-', url('/'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('is told that HTTP/0.9 is no request', async () => {
    const { stdout } = await run(
      'curl',
      ['--disable', '--silent', '--max-time', '20', `telnet://${server.address}`],
      {
        input: 'GET /nine\r\n',
      },
    );
    expect(stdout).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(stdout).toMatch(/\r\nConnection: close\r\n/);
    expect(server.seen.some(({ target }) => target === '/nine')).toBe(false);
  });

  test('gets through a tunnel to what is at its end', async () => {
    const { stdout } = await curl('--proxytunnel', '--proxy', url(''), 'http://far.test:80/behind');
    expect(stdout).toBe('far.test:80 /behind\n');
  });
});

describe.skipIf(!isInstalled('python3'))("Python's http.client", () => {
  test.each(['tunnel', 'http10', 'large', 'refused_upload'])('%s', async (what) => {
    const args = ['-I', pythonClient, what, '127.0.0.1', String(server.port)];
    expect(await output('python3', args, { timeoutMs: 60_000 })).toBe('ok\n');
  });
});
