import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { output } from '../support/program.ts';
import { EmptyProject } from './empty-project.ts';
import { Registry, type PublishedVersion } from './registry.ts';
import {
  closureOf,
  entryPointsOf,
  findPnpm,
  manifestsOf,
  programsOf,
  readJson,
  repository,
  strangersOf,
} from './repository.ts';
import type { Manifest } from './repository.ts';
import { releaseTo, WorkspaceCopy } from './workspace-copy.ts';

const before = manifestsOf(repository);
const sentence = 'A step that every package takes.';

let directory: string;
let registry: Registry;
let workspace: WorkspaceCopy;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wirestack-publish-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  const pnpm = await findPnpm();
  registry = await Registry.start(pnpm, join(directory, 'registry'));
  cleanups.push(() => registry.stop());
  workspace = await WorkspaceCopy.make(join(directory, 'workspace'), pnpm);
  await workspace.version(sentence);
});

afterAll(async () => {
  for (const cleanUp of cleanups.toReversed()) await cleanUp();
});

/** A home that knows the registry and may publish there; nothing else. */
async function homeOf(name: string): Promise<string> {
  const home = join(directory, name);
  await mkdir(home);
  await writeFile(join(home, '.npmrc'), registry.npmrc);
  return home;
}

let mirrored: Promise<void> | undefined;

/** What others made comes from a registry of the world: this one gets it from what is installed here. */
function mirrorStrangers(): Promise<void> {
  return (mirrored ??= (async () => {
    const home = await homeOf('mirror');
    for (const [folder, manifest] of before) {
      for (const name of strangersOf(manifest))
        await registry.mirror(name, join(repository, 'packages', folder, 'node_modules'), home);
    }
  })());
}

function manifestOf(folder: string): Manifest {
  return workspace.manifests.get(folder)!;
}

describe('the release', () => {
  test('is refused where the registry is not on this machine, before anything is built', async () => {
    const elsewhere = 'https://registry.example.invalid/';
    const env = { npm_config_registry: elsewhere, pnpm_config_registry: elsewhere };
    const { code, stdout, stderr } = await workspace.release(await homeOf('elsewhere'), env);
    expect(code).toBe(1);
    expect(stderr).toContain('loopback');
    expect(stdout).not.toContain('Running build');
  });

  test('publishes every package, and tags it', async () => {
    for (const { name } of before.values()) expect(await registry.versionsOf(name)).toEqual({});
    const ended = await workspace.release(await homeOf('publisher'), releaseTo(registry));
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const manifests = [...workspace.manifests.values(), ...programsOf(workspace.directory)];
    const released = manifests.map(({ name, version }) => `${name}@${version}`);
    expect(await workspace.tags()).toEqual(released.toSorted());
    for (const { name, version } of manifests) {
      expect(Object.keys(await registry.versionsOf(name))).toEqual([version]);
    }
  });
});

describe.each(Array.from(before, ([folder, { name }]) => ({ folder, name })))('$name', ({ folder, name }) => {
  let project: EmptyProject;

  test('has a higher version, and a changelog that says why', async () => {
    const { version, dependencies = {} } = manifestOf(folder);
    const order = version.localeCompare(before.get(folder)!.version, 'en', { numeric: true });
    expect(order).toBeGreaterThan(0);
    const [title, latest] = (await workspace.read(`packages/${folder}/CHANGELOG.md`)).split('\n## ');
    expect(title).toBe(`# ${name}\n`);
    expect(latest?.split('\n')[0]).toBe(version);
    expect(latest).toContain(sentence);
    for (const [dependency, range] of Object.entries(expectedRanges(dependencies))) {
      if (!dependency.startsWith('@wirestack/')) continue;
      expect(latest).toContain(`${dependency}@${range.slice(1)}`);
    }
  });

  test('is published with its sources, what was made of them, its papers, and nothing else', async () => {
    const { dist } = await published(folder);
    const file = join(directory, `${folder}.tgz`);
    await writeFile(file, new Uint8Array(await (await fetch(dist.tarball)).arrayBuffer()));
    const packed = (await output('tar', ['-tzf', file])).trim().split('\n');
    expect(packed.toSorted()).toEqual(
      (await workspace.filesToPublish(folder)).map((path) => `package/${path}`),
    );
  });

  test('asks for the siblings it was released with, by range', async () => {
    const { dependencies = {} } = await published(folder);
    expect(dependencies).toEqual(expectedRanges(manifestOf(folder).dependencies ?? {}));
  });

  test('installs alone, and brings what it declares and nothing else', async () => {
    project = await EmptyProject.make(join(directory, folder), registry);
    await mirrorStrangers();
    await project.install(name);
    expect(project.installed).toEqual(closureOf(name, workspace.manifests.values()));
    const installed = readJson(join(project.directory, 'node_modules', name, 'package.json')) as Manifest;
    expect(installed.version).toBe(manifestOf(folder).version);
    expect(JSON.stringify(installed)).not.toContain('workspace:');
    // What some of its entry points want beside it, as its README says.
    for (const peer of Object.keys(manifestOf(folder).peerDependencies ?? {})) await project.install(peer);
  });

  test.each(entryPointsOf(before.get(folder)!))('%s is imported by plain node', async (entryPoint) => {
    const program = 'console.log(Object.keys(await import(process.argv[1])).length)';
    const ended = await project.node('--input-type=module', '--eval', program, entryPoint);
    expect(ended).toEqual({ code: 0, stdout: expect.stringMatching(/^[1-9]\d*\n$/) as string, stderr: '' });
  });

  test('has types that check under strict settings, and that know what it does not export', async () => {
    const entryPoints = entryPointsOf(manifestOf(folder));
    const imports = entryPoints.map((path, i) => `import * as entry${String(i)} from '${path}';\n`);
    const uses = (member: string): string =>
      entryPoints.map((_, i) => `console.log(entry${String(i)}${member});\n`).join('');
    const right = imports.join('') + uses('');
    const wrong = imports.join('') + uses('.isNoExport');
    const complaints = await project.compile({ 'right.ts': right, 'wrong.ts': wrong }, false);
    const complaint = /^(\S+)\((\d+),\d+\): error (\w+): Property '(\w+)' does not exist .*$/;
    expect(complaints.map((line) => line.replace(complaint, '$1 $2 $3 $4'))).toEqual(
      entryPoints.map((_, i) => `wrong.ts ${String(entryPoints.length + i + 1)} TS2339 isNoExport`),
    );
  });

  test('does what the first example of its README says', async () => {
    const readme = readFileSync(join(project.directory, 'node_modules', name, 'README.md'), 'utf8');
    const [, example = ''] = /^```ts\n(.*?)^```/ms.exec(readme) ?? [];
    expect(await project.compile({ 'example.ts': example }, true)).toEqual([]);
    const ended = await project.node('example.js');
    expect(ended).toEqual({ code: 0, stdout: expect.stringMatching(/\S/) as string, stderr: '' });
    const promised = Array.from(example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, text]) => text!);
    for (const text of promised) expect(ended.stdout).toContain(text);
  });
});

describe('wirestack, the program', () => {
  test('installs alone, serves a directory, and gets a file of it', async () => {
    const project = await EmptyProject.make(join(directory, 'program'), registry);
    await mirrorStrangers();
    await project.install('wirestack');
    await writeFile(join(project.directory, 'a.txt'), 'hello');
    const program = `
      import { spawn } from 'node:child_process';
      const serve = spawn('node_modules/.bin/wirestack', ['serve', '-p', '0', '-q'], { stdio: ['ignore', 'inherit', 'pipe'] });
      let told = '';
      for await (const chunk of serve.stderr) {
        told += chunk;
        const url = /http:\\S+/.exec(told)?.[0];
        if (url === undefined || !told.includes('Ctrl-C')) continue;
        const get = spawn('node_modules/.bin/wirestack', ['get', url + 'a.txt'], { stdio: 'inherit' });
        get.on('close', () => serve.kill());
      }
    `;
    const ended = await project.node('--input-type=module', '--eval', program);
    expect(ended).toEqual({ code: 0, stdout: 'hello', stderr: '' });
  });
});

/** A package as the registry has it. */
async function published(folder: string): Promise<PublishedVersion> {
  const { name, version } = manifestOf(folder);
  const found = (await registry.versionsOf(name))[version];
  if (found === undefined) throw new Error(`${name}@${version} is not in the registry`);
  return found;
}

/** `workspace:^` as it must be published: the caret and the version of the sibling. What others made is asked for as it was. */
function expectedRanges(dependencies: Readonly<Record<string, string>>): Record<string, string> {
  const versions = new Map(Array.from(workspace.manifests.values(), ({ name, version }) => [name, version]));
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [
      name,
      versions.has(name) ? `^${String(versions.get(name))}` : range,
    ]),
  );
}
