import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { moduleOf, saying } from './run-module.ts';
import { scratch } from './scratch.ts';

describe('run, as a program', () => {
  it('in processes: SIGHUP loads the module anew, unless that is broken; SIGTERM ends it', async () => {
    const module = await moduleOf(saying('first'));
    const pidFile = join(await scratch(), 'pid');
    const program = begin('run', module, '-p', '0', '--processes', '2', '--pid', pidFile);
    const [, url = ''] = await program.match(/^ {2}(\S+)$/m);
    expect(await textOf(url)).toBe('first |/');
    await program.match(/in processes \d+, \d+\n/);
    expect(await readFile(pidFile, 'utf8')).toBe(`${String(program.child.pid)}\n`);
    await writeFile(module, saying('second'));
    program.child.kill('SIGHUP');
    await program.match(/Running what the module says now\./);
    expect(await textOf(url)).toBe('second |/');
    await writeFile(module, 'throw new RangeError("not today")');
    program.child.kill('SIGHUP');
    await program.match(/RangeError: not today[^]*Running what it said before\./);
    expect(await textOf(url)).toBe('second |/');
    program.child.kill('SIGTERM');
    expect(await program.code).toBe(0);
    await expect(readFile(pidFile)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('with --reload, a file that changes does so, too', async () => {
    const module = await moduleOf(
      "import { word } from './word.mjs';\nexport default { fetch: () => new Response(word) };",
    );
    const other = join(module, '../word.mjs');
    await writeFile(other, "export const word = 'first';");
    const program = begin('run', module, '-p', '0', '--reload');
    const [, url = ''] = await program.match(/^ {2}(\S+)$/m);
    expect(await textOf(url)).toBe('first');
    // A file is empty for a moment where it is written anew: whatever was made of that, the last word counts.
    await writeFile(other, "export const word = 'second';");
    await program.match(/word\.mjs has changed\.[^]*Running what/);
    await untilText(url, 'second');
    program.child.kill('SIGINT');
    expect(await program.code).toBe(0);
  });

  it('what is broken in a process at the beginning is told as it would be in this one', async () => {
    const module = await moduleOf('throw new RangeError("no database")');
    const program = begin('run', module, '-p', '0', '--processes', '2');
    expect(await program.code).toBe(1);
    expect(program.text).toMatch(
      /^wirestack run: .*app\.mjs threw as it was loaded\nRangeError: no database\n +at .*app\.mjs:1/,
    );
  });

  it('as a CGI program it answers the request of its environment', async () => {
    const module = await moduleOf(saying('hello'));
    const env = {
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/cgi-bin/app',
      PATH_INFO: '/x',
      QUERY_STRING: '',
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      SERVER_PROTOCOL: 'HTTP/1.1',
    };
    const { stdout } = begin.with(env, 'run', module, '--cgi').child;
    expect(await text(stdout!)).toMatch(/^Status: 200 OK\r\n[^]*hello \/cgi-bin\/app\|\/x$/);
  });
});

interface Program {
  readonly child: ChildProcess;
  readonly code: Promise<number>;
  /** Of its standard error, so far. */
  readonly text: string;
  match(pattern: RegExp): Promise<RegExpExecArray>;
}

function begin(...args: string[]): Program {
  return begin.with({}, ...args);
}

begin.with = (env: NodeJS.ProcessEnv, ...args: string[]): Program => {
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = once(child, 'exit').then(([exitCode]) => exitCode as number);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await code;
  });
  let written = '';
  child.stderr.on('data', (chunk) => (written += String(chunk)));
  return {
    child,
    code,
    get text() {
      return written;
    },
    match: async (pattern) => {
      for (;;) {
        const found = pattern.exec(written);
        if (found !== null) return found;
        await once(child.stderr, 'data');
      }
    },
  };
};

/** Lets Node load the sources. */
const nodeArgs = [
  '--conditions=@wirestack/source',
  '--import',
  new URL('../../../packages/socket/test/server/concurrency/loader/register.js', import.meta.url).href,
];

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

async function textOf(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

async function untilText(url: string, wanted: string): Promise<void> {
  while ((await textOf(url).catch(() => '')) !== wanted);
}
