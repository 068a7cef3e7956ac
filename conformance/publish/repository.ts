import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, run, type Ended } from '../support/program.ts';

/** Where the repository that is tested stands. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What these tests read of a `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
}

/** The manifest of every package of a repository, by the name of its folder in `packages/`. */
export function manifestsOf(directory: string): Map<string, Manifest> {
  const folders = readdirSync(join(directory, 'packages'), { withFileTypes: true });
  return new Map(
    folders
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => [name, readJson(join(directory, 'packages', name, 'package.json')) as Manifest]),
  );
}

/** The manifest of every program that is published, too. */
export function programsOf(directory: string): Manifest[] {
  return readdirSync(join(directory, 'apps'))
    .map((name) => readJson(join(directory, 'apps', name, 'package.json')) as Manifest)
    .filter((manifest) => manifest.private !== true);
}

/** What a package brings in, or wants beside it, that is nobody's here. */
export function strangersOf({ dependencies = {}, peerDependencies = {} }: Manifest): string[] {
  const names = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  return names.filter((name) => !name.startsWith('@wirestack/'));
}

/** A package and all that it brings in, by what the manifests declare; sorted. */
export function closureOf(name: string, manifests: Iterable<Manifest>): string[] {
  const byName = new Map(Array.from(manifests, (manifest) => [manifest.name, manifest]));
  const found = new Set([name]);
  for (const each of found) {
    for (const dependency of Object.keys(byName.get(each)?.dependencies ?? {})) found.add(dependency);
  }
  return Array.from(found).toSorted();
}

/** What a program can import: `@wirestack/http`, `@wirestack/http/protocol`, … */
export function entryPointsOf({ name, exports }: Manifest): string[] {
  const paths = Object.keys(exports).filter((path) => path !== './package.json');
  return paths.map((path) => name + path.slice(1));
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The path of pnpm in the version that the repository asks for, whether or not it is installed. */
export async function findPnpm(): Promise<string> {
  const { packageManager } = readJson(join(repository, 'package.json')) as { packageManager: string };
  const { npm_config_user_agent: agent = '', npm_execpath: running = '' } = process.env;
  // Started by `pnpm conformance`, it is there already.
  if (agent.startsWith(`${packageManager.replace('@', '/')} `)) return running;
  const args = ['--yes', '--package', packageManager, '--call', 'command -v pnpm'];
  return (await output('npx', args, { timeoutMs: 100_000 })).trim();
}

/** Runs a program in a directory, to its end. */
export function runIn(
  directory: string,
  env: NodeJS.ProcessEnv,
  command: string,
  ...args: string[]
): Promise<Ended> {
  return run('sh', ['-c', 'cd "$0" && exec "$@"', directory, command, ...args], { env, timeoutMs: 100_000 });
}

/** Runs a program that must succeed; answers what it printed. */
export async function outputIn(
  directory: string,
  env: NodeJS.ProcessEnv,
  command: string,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await runIn(directory, env, command, ...args);
  if (code === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} ended with ${String(code)}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`,
  );
}

/** An environment of nothing but these and the programs: no configuration, no token, no cache of whoever runs the test. */
export function bareEnvironment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '').split(':').filter((entry) => !entry.includes('node_modules'));
  return { PATH: path.join(':'), HOME: home, TMPDIR: home, CI: 'true', NO_COLOR: '1', ...more };
}
