import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { watchDirectory } from '../src/run/watch-directory.ts';
import { scratch } from './scratch.ts';

it('tells of files that change, also in directories that were not there, and not of dependencies', async () => {
  const directory = await scratch();
  for (const name of ['node_modules', '.git', 'lib']) await mkdir(join(directory, name));
  const { seen, until } = watched(directory);
  for (const name of ['node_modules/a.js', '.git/index', '.env', 'lib/a.js']) {
    await writeFile(join(directory, name), '');
  }
  await until('lib/a.js');
  await mkdir(join(directory, 'new'));
  await until('new');
  await writeFile(join(directory, 'new/b.js'), '');
  await until('new/b.js');
  expect(new Set(seen)).toEqual(new Set(['lib/a.js', 'new', 'new/b.js']));
});

it('tells once of all that changes while it is busy', async () => {
  const directory = await scratch();
  let goOn!: () => void;
  const busy = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { seen, until } = watched(directory, busy);
  await writeFile(join(directory, 'a.js'), '');
  await until('a.js');
  for (const name of ['b.js', 'c.js', 'd.js']) await writeFile(join(directory, name), '');
  // What was written before is told before.
  await new Promise<void>((resolve) => {
    onTestFinished(watchDirectory(directory, async (file) => (file === 'e.js' ? resolve() : undefined)));
    void writeFile(join(directory, 'e.js'), '');
  });
  goOn();
  await until('e.js');
  expect(seen).toEqual(['a.js', 'e.js']);
});

interface Watched {
  readonly seen: string[];
  until(file: string): Promise<void>;
}

function watched(directory: string, busy?: Promise<void>): Watched {
  const seen: string[] = [];
  let told = (): void => undefined;
  const stop = watchDirectory(directory, (file) => {
    seen.push(file);
    told();
    return busy ?? Promise.resolve();
  });
  onTestFinished(stop);
  return {
    seen,
    until: async (file) => {
      while (!seen.includes(file)) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
  };
}
