import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as rpc from '@wirestack/rpc';
import * as xmlRpc from '@wirestack/rpc/xml-rpc';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README is the one in readme-example.ts, and says what it says it does', async () => {
  const example = readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import('./readme-example.ts');
    expect(printed.mock.calls).toEqual([[3], ['HELLO']]);
  } finally {
    printed.mockRestore();
  }
});

test('every value that the package exports stands in the README', () => {
  const names = [...Object.keys(rpc), ...Object.keys(xmlRpc)];
  expect(names.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
});
