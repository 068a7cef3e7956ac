import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import './short-text-contract.ts';

/** The examples of the README are the other files of this folder, word for word. */
test('every example of the README is a file here, and the other way round', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const inReadme = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  const files = readdirSync(new URL('.', import.meta.url)).filter((name) => !name.includes('.test.'));
  const here = files.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'));
  expect(inReadme.toSorted()).toEqual(here.toSorted());
});

test('the first example prints Hello', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./example.ts');
  expect(log.mock.calls).toEqual([['Hello']]);
  log.mockRestore();
});
