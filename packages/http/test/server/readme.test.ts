import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import * as http from '@wirestack/http';
import { HttpProtocolError, type HttpErrorCode } from '@wirestack/http';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** A port that is free, as far as one can know. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

test('the example of the README is the one in readme-example.ts, and does what it says', async () => {
  const url = new URL('./readme-example.ts', import.meta.url);
  const example = readFileSync(url, 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  // The same program on a port that is free: 8000 may be somebody's.
  const port = await freePort();
  const listen = '127.0.0.1:8000';
  expect(example).toContain(listen);
  const { server } = (await import(
    `data:text/javascript,${encodeURIComponent(
      example
        .replace(/^import .*$/m, 'const { createServer } = globalThis.wirestackHttp;')
        .replace(listen, `127.0.0.1:${String(port)}`)
        .replace(/^process\.once.*$/m, 'export { server };'),
    )}`
  )) as { server: http.HttpServer };
  onTestFinished(() => server.close());
  const base = `http://127.0.0.1:${String(port)}`;
  expect(await (await fetch(`${base}/world`)).text()).toBe('Hello /world\n');
  expect(await (await fetch(base, { method: 'POST', body: 'body' })).json()).toEqual({ length: 4 });
  expect((await fetch(base, { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(413);
});

test('every value that the package exports stands in the README', () => {
  for (const name of Object.keys(http)) expect(readme).toContain(`\`${name}`);
});

test('every default limit stands in the README as it is', () => {
  for (const [name, value] of Object.entries(http.defaultLimits)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toContain(value === Infinity ? 'none' : (value as number).toLocaleString('en-US'));
  }
});

test('every code of a protocol error stands in the README, with its status', () => {
  const source = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/^ {2}([A-Z_]+): \d{3},$/gm)].map(([, code]) => code as HttpErrorCode);
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes) {
    const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``));
    expect(row, code).toContain(String(new HttpProtocolError(code, '').status));
  }
});
