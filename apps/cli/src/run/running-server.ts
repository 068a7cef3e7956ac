import { setTimeout as delay } from 'node:timers/promises';
import {
  inProcess,
  makeServer,
  moduleApplication,
  serveFastCgi,
  serveProcesses,
  serveScgi,
  serveUwsgi,
  type Application,
  type SignalledServer,
} from '@wirestack/gateway';
import type { ServerOptions } from '@wirestack/http';
import type { Address, Deadline } from '@wirestack/socket';
import type { Context } from '../context.ts';
import { messageOf } from '../messages.ts';
import type { ModuleArgument } from './module-argument.ts';
import type { RunSettings } from './run-options.ts';
import { servedApplication, type ServedSettings } from './served-application.ts';

/** What `run` has begun, in this process or in others. */
export interface RunningServer extends SignalledServer {
  readonly address: Address;
}

type Protocol = Exclude<RunSettings['protocol'], 'cgi'>;

export function servedSettings(module: ModuleArgument, settings: RunSettings): ServedSettings {
  const { validate, accessLog, protocol, scriptName } = settings;
  const { url, name } = module;
  const saysItself = protocol === 'http' || protocol === 'cgi';
  return { url, name, validate, accessLog, scriptName: saysItself ? scriptName : '' };
}

/** A change of the module needs a process that has not loaded it: with `--reload` there are others from the beginning. */
export function beginServer(
  module: ModuleArgument,
  settings: RunSettings,
  context: Context,
): Promise<RunningServer> {
  const { processes, reload, protocol } = settings;
  if (protocol === 'cgi') throw new TypeError('CGI has no server');
  const served = servedSettings(module, settings);
  return processes === 1 && !reload
    ? here(served, settings, protocol, context)
    : elsewhere(served, settings, protocol, context);
}

async function elsewhere(
  served: ServedSettings,
  settings: RunSettings,
  protocol: Protocol,
  { stderr }: Context,
): Promise<RunningServer> {
  const { address, processes, drainDelayMs } = settings;
  const app = moduleApplication(servedModule, 'servedApplication()', [served]);
  const server = await serveProcesses(address, app, {
    ...serverOptions(settings),
    processes,
    protocol,
    drainDelayMs,
    onProcessError: (error) => {
      stderr.write(`${messageOf(error)}\n`);
    },
  });
  return {
    address: server.address,
    get processes() {
      return server.processes;
    },
    drain: (deadline) => server.drain(deadline),
    close: () => server.close(),
    resize: (size) => server.resize(size),
    restart: async (deadline = { timeoutMs: settings.reload ? reloadMs : settings.drainMs }) => {
      try {
        await server.restart(deadline);
        stderr.write('Running what the module says now.\n');
      } catch (error) {
        stderr.write(`${messageOf(error)}\nRunning what it said before.\n`);
      }
    },
  };
}

/** What somebody who edits has under way. */
const reloadMs = 1000;

async function here(
  served: ServedSettings,
  settings: RunSettings,
  protocol: Protocol,
  context: Context,
): Promise<RunningServer> {
  const loaded = await servedApplication(served, context);
  const draining = new AbortController();
  const application = inProcess(loaded.application, { isOneOfMany: false, draining: draining.signal });
  const options = { ...loaded.serverOptions, ...serverOptions(settings) };
  const server = await serveHere(settings.address, application, options, protocol);
  return {
    address: server.address,
    drain: async (deadline = {}) => {
      draining.abort();
      if (settings.drainDelayMs > 0)
        await delay(settings.drainDelayMs, undefined, { signal: deadline.signal }).catch(() => undefined);
      await server.drain(deadline);
    },
    close: () => server.close(),
  };
}

type ServerHere = Pick<RunningServer, 'address' | 'drain' | 'close'>;

async function serveHere(
  address: string,
  application: Application,
  options: ServerOptions,
  protocol: Protocol,
): Promise<ServerHere> {
  if (protocol === 'http') return makeServer(address, application, options);
  const serve = { fastcgi: serveFastCgi, scgi: serveScgi, uwsgi: serveUwsgi }[protocol];
  const server = await serve(address, application, options as object);
  const drain = (deadline?: Deadline): Promise<void> => server.drain(deadline);
  return { address: server.address, drain, close: () => drain({ timeoutMs: 0 }) };
}

function serverOptions({ tls, trustProxy, scriptName, protocol }: RunSettings): ServerOptions {
  return {
    ...(tls !== undefined && { tls }),
    ...(trustProxy !== undefined && { trustProxy }),
    ...(protocol !== 'http' && scriptName !== '' && { scriptName }),
  };
}

/** From the sources it is TypeScript, for runtimes that load that. */
const servedModule: URL = import.meta.url.endsWith('.ts')
  ? new URL('./served-application.ts', import.meta.url)
  : new URL('./served-application.js', import.meta.url);
