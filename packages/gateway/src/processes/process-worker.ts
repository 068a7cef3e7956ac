import { setTimeout as delay } from 'node:timers/promises';
import type { Deadline, RunningServer } from '@wirestack/socket';
import type { GroupJob, GroupStats, GroupWorker } from '@wirestack/socket/server';
import type { Application } from '../application.ts';
import { keepLifespan } from '../lifespan.ts';
import { makeServer } from '../server.ts';
import { inProcess } from './in-process.ts';
import { loadApplication, type ApplicationReference } from './module-application.ts';
import type { PlainServerOptions, ServedProtocol } from './process-server.ts';

/** What a process of `serveProcesses` is told. */
export interface ProcessJob {
  readonly application: ApplicationReference;
  readonly protocol: ServedProtocol;
  readonly isOneOfMany: boolean;
  readonly options: PlainServerOptions;
}

/** Begins one of the processes: the application is loaded, has started, and is connected to when this resolves. */
export async function beginProcess({ address, data }: GroupJob): Promise<GroupWorker> {
  const job = data as ProcessJob;
  const retired = new AbortController();
  const loaded = await loadApplication(job.application);
  const application = inProcess(loaded.application, {
    isOneOfMany: job.isOneOfMany,
    draining: retired.signal,
  });
  const options = { ...loaded.serverOptions, ...job.options };
  const served = { address, application, options };
  const worker = job.protocol === 'http' ? await serveHttp(served) : await serveFront(job.protocol, served);
  return {
    ...worker,
    retire: () => {
      retired.abort();
    },
  };
}

interface Served {
  readonly address: GroupJob['address'];
  readonly application: Application;
  readonly options: PlainServerOptions;
}

async function serveHttp({ address, application, options }: Served): Promise<GroupWorker> {
  const server = await makeServer(address as string, application, options);
  // A connection in its handshake is none yet, and would be aborted.
  const arrivesLater = options.tls !== undefined || options.proxyProtocol !== undefined;
  return {
    address: server.address,
    drain: async (deadline: Deadline) => {
      if (arrivesLater) await delay(options.firstRequestMs ?? firstRequestMs);
      await server.drain(deadline);
    },
    close: () => server.close(),
    stats: () => server.stats,
  };
}

/** What a connection has for its first request by default, as the server of `@wirestack/http`. */
const firstRequestMs = 1000;

/** Loaded only where they are asked for: a process begins the sooner. */
const frontServers = {
  fastcgi: async () => (await import('../adapters/fastcgi/fastcgi.ts')).serveFastCgi,
  scgi: async () => (await import('../adapters/scgi.ts')).serveScgi,
  uwsgi: async () => (await import('../adapters/uwsgi.ts')).serveUwsgi,
} as const;

async function serveFront(
  protocol: keyof typeof frontServers,
  { address, application, options }: Served,
): Promise<GroupWorker> {
  let requests = 0;
  const counted = keepLifespan(application, (environ, startResponse) => {
    requests++;
    return application(environ, startResponse);
  });
  const serve = await frontServers[protocol]();
  const server: RunningServer = await serve(address as string, counted, options);
  return {
    address: server.address,
    drain: (deadline) => server.drain(deadline),
    close: () => server.drain({ timeoutMs: 0 }),
    stats: (): GroupStats => ({ connections: server.connections, requests, dropped: server.dropped }),
  };
}
