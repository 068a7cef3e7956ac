import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { bareEnvironment, outputIn, readJson, repository, type Manifest } from './repository.ts';

/** A version as the registry serves it. */
export interface PublishedVersion extends Manifest {
  readonly dist: { readonly tarball: string };
}

const source = join(repository, 'tools/registry');

/** A registry on this machine that knows nothing but what was published to it. */
export class Registry {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(url: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.url = url;
    this.#child = child;
  }

  /** Installs it where it is not, and starts it. @param directory where it keeps everything */
  static async start(pnpm: string, directory: string): Promise<Registry> {
    await outputIn(source, { ...process.env, CI: 'true' }, pnpm, 'install', '--frozen-lockfile');
    await mkdir(directory);
    // Its stdin stays open: it ends where this process does, however that comes.
    const child = spawn(process.execPath, [join(source, 'serve.js'), directory], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout);
    const line = String(await Promise.race([once(lines, 'line'), once(lines, 'close')]));
    if (/^http:\/\/127\.0\.0\.1:\d+$/.test(line)) return new Registry(line, child);
    child.kill();
    throw new Error(`the registry did not tell its address, but: ${line}`);
  }

  /** What lets a client publish here: without a token none of them tries. */
  get npmrc(): string {
    return `registry=${this.url}/\n//${new URL(this.url).host}/:_authToken=anyone\n`;
  }

  /** Every version of a package; none where it was never published. */
  async versionsOf(name: string): Promise<Record<string, PublishedVersion>> {
    const response = await fetch(`${this.url}/${name}`);
    if (response.status === 404) return {};
    return ((await response.json()) as { versions: Record<string, PublishedVersion> }).versions;
  }

  /** Publishes a package of somebody else's as it is installed here, and what it depends on. @param modules the `node_modules` that it is in */
  async mirror(name: string, modules: string, home: string): Promise<void> {
    const directory = await realpath(join(modules, name));
    const { version, dependencies = {} } = readJson(join(directory, 'package.json')) as Manifest;
    if (Object.hasOwn(await this.versionsOf(name), version)) return;
    const env = bareEnvironment(home, { npm_config_registry: this.url });
    await outputIn(
      directory,
      env,
      'npm',
      'publish',
      '--ignore-scripts',
      '--userconfig',
      join(home, '.npmrc'),
    );
    // What it depends on stands beside it.
    const beside = directory.slice(0, -name.length);
    for (const dependency of Object.keys(dependencies)) await this.mirror(dependency, beside, home);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
