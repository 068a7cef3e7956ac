import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareEnvironment, findPnpm, manifestsOf, repository, runIn } from './repository.ts';

/** Two programs decide where a release goes: changesets reads `npm_config_…`, and `pnpm publish`, which it runs, does not. */
let home: string;
let pnpm: string;

beforeAll(async () => {
  pnpm = await findPnpm();
  home = await mkdtemp(join(tmpdir(), 'wirestack-guard-'));
});

afterAll(() => rm(home, { recursive: true }));

const here = 'http://127.0.0.1:4873';
const elsewhere = 'https://registry.example.invalid/';

/** The guard as the release script starts it. @returns its exit code: 0 lets the release go on */
async function guard(settings: NodeJS.ProcessEnv, npmrc = ''): Promise<number | null> {
  await writeFile(join(home, '.npmrc'), npmrc);
  const env = bareEnvironment(home, settings);
  env['PATH'] = `${dirname(pnpm)}:${String(env['PATH'])}`;
  return (await runIn(repository, env, process.execPath, 'tools/guard-release.js')).code;
}

describe('the guard of the release', () => {
  test.each([here, `${here}/`, 'http://localhost:4873', 'http://[::1]:4873'])('lets %s pass', async (url) => {
    expect(await guard({ npm_config_registry: url, pnpm_config_registry: url })).toBe(0);
  });

  test.each([
    elsewhere,
    'http://192.0.2.1:4873',
    'http://127.0.0.1.example.invalid:4873',
    'http://localhost.example.invalid:4873',
    'http://127.0.0.1:4873@example.invalid',
    'http://127.0.0.1:4873/.example.invalid/',
    'https://registry.example.invalid/?http://127.0.0.1:4873',
  ])('refuses %s', async (url) => {
    expect(await guard({ npm_config_registry: url, pnpm_config_registry: url })).toBe(1);
  });

  test('refuses to guess: no registry is the public one', async () => {
    expect(await guard({})).toBe(1);
    expect(await guard({ RELEASE: 'public' })).toBe(1);
  });

  test('refuses where only changesets would stay here, and pnpm would publish to the public registry', async () => {
    expect(await guard({ npm_config_registry: here })).toBe(1);
    expect(await guard({ npm_config_registry: here, pnpm_config_registry: elsewhere })).toBe(1);
  });

  test('refuses where only pnpm would stay here', async () => {
    expect(await guard({ pnpm_config_registry: here })).toBe(1);
    expect(await guard({ npm_config_registry: elsewhere, pnpm_config_registry: here })).toBe(1);
  });

  test('refuses where the scope has a registry of its own elsewhere', async () => {
    const both = { npm_config_registry: here, pnpm_config_registry: here };
    expect(await guard(both, `@wirestack:registry=${here}\n`)).toBe(0);
    expect(await guard(both, `@wirestack:registry=${elsewhere}\n`)).toBe(1);
  });

  test('lets a release to the public pass that says so', async () => {
    const public_ = { npm_config_registry: elsewhere, pnpm_config_registry: elsewhere };
    expect(await guard({ ...public_, RELEASE: 'public' })).toBe(0);
    expect(await guard({ ...public_, RELEASE: 'yes' })).toBe(1);
  });
});

test('no package names a registry of its own, past the guard', () => {
  for (const { publishConfig } of manifestsOf(repository).values()) {
    expect(publishConfig).toEqual({ access: 'public' });
  }
});
