import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

test('the datagrams of the README are those of readme-example.ts, and come back', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
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
