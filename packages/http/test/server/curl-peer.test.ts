import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { formatAddress } from '@wirestack/socket';
import { createServer } from '@wirestack/http';
import { serving } from './harness.ts';
import { describeRequest } from './peer-application.ts';
import { run } from './processes.ts';

async function curl(...args: string[]): Promise<string> {
  const { server } = await serving(describeRequest);
  const base = `http://${formatAddress(server.address).replace(/^\w+:\/\//, '')}`;
  // No configuration of the machine's user, no progress meter; a guard, should nothing come.
  return run('curl', ['-q', '-sS', '--max-time', '50', ...args.map((arg) => arg.replace('BASE', base))]);
}

async function scratchFile(length: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, Buffer.alloc(length, 'x'));
  return path;
}

test('curl --http1.1 and --http1.0', async () => {
  expect(await curl('--http1.1', '-w', '|%{http_version}', 'BASE/x')).toBe(
    '{"method":"GET","target":"/x","length":0}|1.1',
  );
  expect(await curl('--http1.0', '-w', '|%{http_version}', 'BASE/x')).toBe(
    '{"method":"GET","target":"/x","length":0}|1.1',
  );
  expect(await curl('--http1.0', 'BASE/pieces')).toBe('one two three');
});

test('curl -I', async () => {
  const head = await curl('-I', 'BASE/large');
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toContain('Content-Length: 3000000\r\n');
  expect(head.endsWith('\r\n\r\n')).toBe(true);
});

test('curl takes several addresses over one connection', async () => {
  expect(
    await curl(
      '-w',
      '%{num_connects} ',
      '-o',
      '/dev/null',
      'BASE/1',
      '-o',
      '/dev/null',
      'BASE/large',
      '-o',
      '/dev/null',
      'BASE/pieces',
    ),
  ).toBe('1 0 0 ');
});

test('curl -T uploads a large file, and waits for 100 Continue', async () => {
  const file = await scratchFile(5_000_000);
  const told = await curl(
    '-T',
    file,
    '-H',
    'Expect: 100-continue',
    '--expect100-timeout',
    '40',
    '-D',
    '-',
    'BASE/up',
  );
  expect(told).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(told).toContain('{"method":"PUT","target":"/up","length":5000000}');
});

test('curl -T in chunks', async () => {
  const file = await scratchFile(300_000);
  expect(await curl('-T', file, '-H', 'Transfer-Encoding: chunked', '-H', 'Expect:', 'BASE/up')).toBe(
    '{"method":"PUT","target":"/up","length":300000}',
  );
});

test('curl decodes chunks, and shows them with --raw', async () => {
  expect(await curl('BASE/pieces')).toBe('one two three');
  expect(await curl('--raw', 'BASE/pieces')).toContain('4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n');
});

test('curl that is refused in the midst of its upload reads the 413', async () => {
  const file = await scratchFile(20_000_000);
  const { server } = await serving(describeRequest, { maxBodyBytes: 1_000_000 });
  const base = `http://${formatAddress(server.address).replace(/^\w+:\/\//, '')}`;
  const args = [
    '-q',
    '-sS',
    '--max-time',
    '50',
    '-T',
    file,
    '-H',
    'Expect:',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    `${base}/`,
  ];
  expect(await run('curl', args)).toBe('413');
});

test('curl --unix-socket', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'wirestack-')), 'http.sock');
  const server = createServer(describeRequest);
  onTestFinished(() => server.close());
  await server.listen(`unix:${path}`);
  expect(
    await run('curl', ['-q', '-sS', '--max-time', '50', '--unix-socket', path, 'http://localhost/x']),
  ).toBe('{"method":"GET","target":"/x","length":0}');
});
