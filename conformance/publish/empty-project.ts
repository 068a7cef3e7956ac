import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ended } from '../support/program.ts';
import type { Registry } from './registry.ts';
import { bareEnvironment, outputIn, repository, runIn } from './repository.ts';

/** A project of a user: a directory with a `package.json`, and a home with nothing in it. */
export class EmptyProject {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(directory: string, env: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.#env = env;
  }

  static async make(directory: string, registry: Registry): Promise<EmptyProject> {
    const home = `${directory}-home`;
    await mkdir(directory);
    await mkdir(home);
    await writeFile(
      join(directory, 'package.json'),
      '{ "name": "project", "private": true, "type": "module" }',
    );
    const env = bareEnvironment(home, {
      npm_config_registry: registry.url,
      npm_config_audit: 'false',
      npm_config_update_notifier: 'false',
    });
    return new EmptyProject(directory, env);
  }

  async install(name: string): Promise<void> {
    await outputIn(this.directory, this.#env, 'npm', 'install', name);
  }

  /** Every package that is installed, however deep; one inside of another as `outer/inner`. */
  get installed(): string[] {
    return packagesIn(this.directory).toSorted();
  }

  node(...args: string[]): Promise<Ended> {
    return runIn(this.directory, this.#env, process.execPath, ...args);
  }

  /**
   * Compiles files strictly, and writes the modules beside them. `@types/node` is the workspace's: the one package that a user must
   * add for types, and none that ours may bring in.
   * @param skipLibCheck false: the declarations of the packages are checked too, which takes three times as long
   * @returns the complaints, one a line
   */
  async compile(files: Readonly<Record<string, string>>, skipLibCheck: boolean): Promise<string[]> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.directory, name), text);
    const compilerOptions = {
      strict: true,
      skipLibCheck,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022'],
      typeRoots: [join(repository, 'node_modules/@types')],
      types: ['node'],
    };
    const config = JSON.stringify({ compilerOptions, files: Object.keys(files) });
    await writeFile(join(this.directory, 'tsconfig.json'), config);
    const tsc = join(repository, 'node_modules/.bin/tsc');
    const { stdout, stderr } = await runIn(this.directory, this.#env, tsc, '--pretty', 'false');
    return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  }
}

function packagesIn(directory: string): string[] {
  const modules = join(directory, 'node_modules');
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@')
      ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
      : [name];
  });
  return names.flatMap((name) => [
    name,
    ...packagesIn(join(modules, name)).map((inner) => `${name}/${inner}`),
  ]);
}
