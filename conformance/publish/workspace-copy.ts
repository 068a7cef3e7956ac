import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { output, type Ended } from '../support/program.ts';
import type { Registry } from './registry.ts';
import { bareEnvironment, manifestsOf, outputIn, repository, runIn, type Manifest } from './repository.ts';

/** Releases need an author for their tags. */
const author = {
  GIT_AUTHOR_NAME: 'Nobody',
  GIT_AUTHOR_EMAIL: 'nobody@example.invalid',
  GIT_COMMITTER_NAME: 'Nobody',
  GIT_COMMITTER_EMAIL: 'nobody@example.invalid',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** What the repository would commit, as a repository of its own with its dependencies installed: versions and tags made here stay here. */
export class WorkspaceCopy {
  readonly directory: string;
  readonly #pnpm: string;
  readonly #ordinary: NodeJS.ProcessEnv;

  private constructor(directory: string, pnpm: string) {
    this.directory = directory;
    this.#pnpm = pnpm;
    // Scripts call pnpm by its name.
    const path = `${dirname(pnpm)}:${String(process.env['PATH'])}`;
    // A git hook that runs this test says by GIT_DIR which repository it means: not this one.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
    this.#ordinary = { ...Object.fromEntries(inherited), ...author, PATH: path, CI: 'true' };
  }

  static async make(directory: string, pnpm: string): Promise<WorkspaceCopy> {
    const copy = new WorkspaceCopy(directory, pnpm);
    await mkdir(directory);
    const listed = await output('git', [
      ...['-C', repository],
      ...['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    ]);
    for (const file of listed.split('\0')) {
      if (file === '' || !existsSync(join(repository, file))) continue;
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await cp(join(repository, file), join(directory, file));
    }
    await copy.#git('init', '--quiet');
    await copy.#commit('as it is');
    await outputIn(directory, copy.#ordinary, pnpm, 'install', '--frozen-lockfile', '--prefer-offline');
    return copy;
  }

  get manifests(): Map<string, Manifest> {
    return manifestsOf(this.directory);
  }

  /** Announces a minor step of every package, then turns what is announced into versions and changelogs. */
  async version(sentence: string): Promise<void> {
    const names = Array.from(this.manifests.values(), ({ name }) => `'${name}': minor\n`);
    const changeset = `---\n${names.join('')}---\n\n${sentence}\n`;
    await writeFile(join(this.directory, '.changeset/of-the-test.md'), changeset);
    await this.#commit('a changeset');
    await outputIn(this.directory, this.#ordinary, this.#pnpm, 'run', 'version');
    await this.#commit('versions');
  }

  /** The release script as it is, with no setting of whoever runs the test. @param env where to */
  async release(home: string, env: NodeJS.ProcessEnv): Promise<Ended> {
    const bare = bareEnvironment(home, {
      ...author,
      TURBO_TELEMETRY_DISABLED: '1',
      // It would ask the registry about every package of the lockfile.
      pnpm_config_verify_deps_before_run: 'false',
      ...env,
    });
    bare['PATH'] = `${dirname(this.#pnpm)}:${String(bare['PATH'])}`;
    return runIn(this.directory, bare, this.#pnpm, 'run', 'release');
  }

  async tags(): Promise<string[]> {
    return (await this.#git('tag')).trim().split('\n');
  }

  read(file: string): Promise<string> {
    return readFile(join(this.directory, file), 'utf8');
  }

  /** What a tarball of a package must hold: its sources, four files for each that the compiler makes of it, and three papers. */
  async filesToPublish(folder: string): Promise<string[]> {
    const source = join(this.directory, 'packages', folder, 'src');
    const entries = await readdir(source, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1));
    const made = files.flatMap((file) =>
      ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => `dist/${file.replace(/\.ts$/, end)}`),
    );
    const docs = join(this.directory, 'packages', folder, 'docs');
    const papers = existsSync(docs) ? await readdir(docs) : [];
    return [
      ...papers.map((paper) => `docs/${paper}`),
      ...['LICENSE', 'README.md', 'package.json'],
      ...files.map((file) => `src/${file}`),
      ...made,
    ].toSorted();
  }

  #git(...args: string[]): Promise<string> {
    return outputIn(this.directory, this.#ordinary, 'git', ...args);
  }

  async #commit(message: string): Promise<void> {
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', message);
  }
}

/** The settings that send both programs of a release to one registry: changesets reads the first, pnpm the second. */
export function releaseTo(registry: Registry): NodeJS.ProcessEnv {
  return { npm_config_registry: registry.url, pnpm_config_registry: registry.url };
}
