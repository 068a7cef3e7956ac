import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as http from '@wirestack/http';
import { HttpProtocolError, type HttpErrorCode } from '@wirestack/http';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the example of the README is the one in readme-example.ts, and prints what it says', async () => {
  const example = readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import('./readme-example.ts');
    expect(printed.mock.calls).toEqual([['hello /you\n']]);
  } finally {
    printed.mockRestore();
  }
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
