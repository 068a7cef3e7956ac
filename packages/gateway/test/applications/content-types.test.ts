import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { staticFiles } from '@wirestack/gateway';
import { ask, serving } from '../peer.ts';
import { scratch } from '../scratch.ts';

test.each([
  ['a.html', 'text/html; charset=utf-8'],
  ['A.HTML', 'text/html; charset=utf-8'],
  ['a.css', 'text/css; charset=utf-8'],
  ['a.js', 'text/javascript; charset=utf-8'],
  ['a.min.mjs', 'text/javascript; charset=utf-8'],
  ['a.txt', 'text/plain; charset=utf-8'],
  ['a.json', 'application/json'],
  ['a.svg', 'image/svg+xml'],
  ['a.png', 'image/png'],
  ['a.wasm', 'application/wasm'],
  ['a.woff2', 'font/woff2'],
  ['a.unknown', 'application/octet-stream'],
  ['README', 'application/octet-stream'],
  ['a.', 'application/octet-stream'],
  ['html', 'application/octet-stream'],
  ['a.__proto__', 'application/octet-stream'],
  ['dir.html/file', 'application/octet-stream'],
])('%s is %s', async (path, type) => {
  const root = scratch();
  if (path.includes('/')) mkdirSync(`${root}/dir.html`);
  writeFileSync(`${root}/${path}`, 'x');
  const { address } = await serving(staticFiles(root));
  const reply = await ask(address, `GET /${path}`);
  expect([reply.status, reply.header('content-type')]).toEqual([200, type]);
  expect(reply.header('x-content-type-options')).toBe('nosniff');
});
