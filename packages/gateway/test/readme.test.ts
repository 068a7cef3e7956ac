import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as gateway from '@wirestack/gateway';
import { environOf, requestOf } from './peer.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README is the one in readme-example.ts, and says what it says it does', async () => {
  const example = readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import('./readme-example.ts');
    expect(printed.mock.calls).toEqual([['hello from /app, asked for /you\n']]);
  } finally {
    printed.mockRestore();
  }
});

test('every value that the package exports stands in the README', () => {
  expect(Object.keys(gateway).filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
});

test('every entry, and every value that it exports, stands in the pages', async () => {
  const docs = new URL('../docs/', import.meta.url);
  const pages = readdirSync(docs).map((name) => readFileSync(new URL(name, docs), 'utf8'));
  const text = [readme, ...pages].join('\n');
  const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    exports: Record<string, string | { '@wirestack/source': string }>;
  };
  const missing: string[] = [];
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === 'string' || entry === '.') continue;
    const name = entry.slice('./'.length);
    if (!readme.includes(`\`${name}\``)) missing.push(name);
    const source = new URL(`../${target['@wirestack/source']}`, import.meta.url);
    const values = (await import(source.href)) as object;
    missing.push(
      ...Object.keys(values).filter((value) => !new RegExp(`\`[^\`\n]*\\b${value}\\b`).test(text)),
    );
  }
  expect(missing).toEqual([]);
});

test('every key that a request has stands in its table, and the table has no other', async () => {
  const environ = await environOf(requestOf('POST /', 'Content-Type: a/b', 'Content-Length: 0', 'X-A: 1'));
  const table = readme.slice(readme.indexOf('## The environ'), readme.indexOf('## Exports'));
  const listed = new Set(
    Array.from(table.matchAll(/`([A-Z_]{4,}|w[a-z]+\.[a-z_]+)`/g), (match) => match[1] ?? ''),
  );
  const keys = Object.keys(environ).filter((key) => !key.startsWith('HTTP_'));
  expect(keys.filter((key) => !listed.has(key))).toEqual([]);
  expect(Array.from(listed).filter((key) => !(key in environ))).toEqual([]);
});
