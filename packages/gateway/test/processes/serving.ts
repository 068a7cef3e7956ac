import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { moduleApplication } from '../../src/processes/module-application.ts';
import {
  serveProcesses,
  type ProcessesOptions,
  type ProcessServer,
} from '../../src/processes/process-server.ts';

/** Lets child processes load the sources. */
export const child = {
  execArgv: [
    '--conditions=@wirestack/source',
    '--import',
    new URL('../../../socket/test/server/concurrency/loader/register.js', import.meta.url).href,
  ],
};

export function applicationUrl(file: string): URL {
  return new URL(`./applications/${file}`, import.meta.url);
}

/** Processes on a free port that end with the test. */
export async function serving(
  options: ProcessesOptions = {},
  module: URL | string = applicationUrl('hello.ts'),
  name?: string,
  address: string = '127.0.0.1:0',
): Promise<ProcessServer> {
  const app = moduleApplication(module, name);
  const server = await serveProcesses(address, app, {
    processes: 1,
    child,
    firstRequestMs: 200,
    onProcessError: () => undefined,
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

export function urlOf(server: ProcessServer, path = '/'): string {
  const { address } = server;
  return `http://127.0.0.1:${'port' in address ? String(address.port) : ''}${path}`;
}

export interface Told {
  readonly pid: number;
  readonly multiprocess: boolean;
  readonly isDraining: boolean;
}

/** Asks on a connection of its own. */
export async function ask(server: ProcessServer, path = '/'): Promise<Told> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(urlOf(server, path), { agent: false }, resolve).on('error', reject);
  });
  return JSON.parse(await text(response)) as Told;
}
