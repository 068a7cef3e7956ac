import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPnpm, outputIn, repository } from '../publish/repository.ts';
import { Program, type Ended } from './program.ts';

/** A JavaScript runtime, and how it runs a program. */
export interface Runtime {
  /** `node20`, `bun`, …: what `deviations.js` and `docs/runtimes.md` call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const directory = join(repository, 'tools/runtimes');
const installed = (path: string): string => join(directory, 'node_modules', path);

/** The Node that runs the tests: what it does is what the others are held against. */
export const host: Runtime = {
  name: `node${process.versions.node.split('.')[0] as string}`,
  command: process.execPath,
  args: [],
};

/** All of them: the host first, then who takes longest. */
export const runtimes: readonly Runtime[] = [
  host,
  {
    name: 'deno',
    command: installed('deno/deno'),
    // It fetches nothing, for all there is has been installed, and writes no lock file of its own.
    args: ['run', '-A', '--quiet', '--no-lock', '--cached-only'],
  },
  { name: 'bun', command: installed('bun/bin/bun.exe'), args: [] },
  ...['node22', 'node24', 'node26']
    .filter((name) => name !== host.name)
    .map((name) => ({ name, command: installed(`${name}/bin/node`), args: [] })),
];

/**
 * Installs those that are missing, in the versions of `tools/runtimes/pnpm-lock.yaml`.
 *
 * @throws Error with what pnpm says: that this platform is another than Linux on x64, say.
 */
export async function installRuntimes(): Promise<void> {
  if (runtimes.every(({ command }) => existsSync(command))) return;
  const pnpm = await findPnpm();
  await outputIn(directory, { ...process.env, CI: 'true' }, pnpm, 'install', '--frozen-lockfile');
}

/** Runs a program to its end, or to its time limit, which rejects. */
export function runBy(
  runtime: Runtime,
  file: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<Ended> {
  return startBy(runtime, file, args, timeoutMs).ended();
}

/** Starts a program. What a runtime keeps for itself, it keeps in `tools/runtimes`. */
export function startBy(runtime: Runtime, file: string, args: readonly string[], timeoutMs: number): Program {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    DENO_DIR: installed('.deno'),
    DENO_NO_UPDATE_CHECK: '1',
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0',
    DO_NOT_TRACK: '1',
  };
  return new Program(runtime.command, [...runtime.args, file, ...args], { timeoutMs, env });
}
