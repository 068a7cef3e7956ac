import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Program, output, type ProgramOptions } from '../../conformance/support/program.ts';

/** Starts an example's file as its reader would. It is ended with the test. */
export function start(file: string, ...args: string[]): Program {
  return startProgram(process.execPath, [fileURLToPath(new URL(`../${file}`, import.meta.url)), ...args]);
}

/** Starts a server of the examples on a free port of its choice, or on the address that comes first; answers the address it prints. */
export async function serve(
  file: string,
  ...args: string[]
): Promise<{ server: Program; address: string; port: string }> {
  const [address = '127.0.0.1:0', ...rest] = args;
  const server = start(file, address, ...rest);
  const [, printed = ''] = await server.says(/^listening on (\S+)$/m);
  return { server, address: printed, port: printed.split(':').at(-1) ?? '' };
}

/** Runs a Python program to its end; answers what it printed. */
export function python(program: string, ...args: string[]): Promise<string> {
  return output('python3', ['-I', '-c', program, ...args]);
}

/** Starts a Python server that prints where it listens, first of all. */
export async function pythonServer(program: string): Promise<{ server: Program; address: string }> {
  const server = startProgram('python3', ['-I', '-u', '-c', program]);
  const [, address = ''] = await server.says(/^(\S+)$/m);
  return { server, address };
}

/** A directory of the test's own, removed with it. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-example-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** Starts any program. It is ended with the test. */
export function startProgram(command: string, args: readonly string[], options?: ProgramOptions): Program {
  const program = new Program(command, args, options);
  onTestFinished(async () => {
    await program.stop();
  });
  return program;
}
