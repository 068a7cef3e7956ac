import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as socket from '@wirestack/socket';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README is the one in readme-example.ts, and echoes', async () => {
  const example = readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import('./readme-example.ts');
    expect(printed.mock.calls.join('')).toBe('hello');
  } finally {
    printed.mockRestore();
  }
});

test('every value that the package exports stands in the README', () => {
  for (const name of Object.keys(socket)) expect(readme).toContain(`\`${name}`);
});
