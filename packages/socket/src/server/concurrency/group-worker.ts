import nodeCluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deadline } from '../../deadline.ts';
import type { FromChild } from './child.ts';
import { loadHandler, type ModuleReference } from './module-handler.ts';
import type { GroupStats, GroupWorker } from './process-group.ts';
import { describeError } from './remote-error.ts';

/** The entry of a process of a `ProcessGroup`: begins what its module exports, and ends it when it is told to. */
export type ToGroupWorker =
  | { readonly wirestack: 'begin'; readonly module: ModuleReference; readonly job: unknown }
  | { readonly wirestack: 'drain'; readonly delayMs: number; readonly timeoutMs: number | undefined }
  | { readonly wirestack: 'close' }
  | { readonly wirestack: 'stats'; readonly id: number };

export interface FromGroupWorker {
  readonly wirestackStats: number;
  readonly stats: GroupStats;
}

let worker: GroupWorker | undefined;
let isEnding = false;
let isLeaving = false;

process.on('message', (message: ToGroupWorker | { readonly wirestack?: undefined }) => {
  if (message.wirestack === 'begin') void begin(message.module, message.job);
  else if (message.wirestack === 'drain') void drain(message.delayMs, message);
  else if (message.wirestack === 'close') void close();
  else if (message.wirestack === 'stats') answerStats(message.id);
});

// A terminal sends these to every process that it began, and a service manager to every one of the service: the primary decides what comes of it.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => {
  // The second word: the first may have come by the channel, which is closed by now.
  if (isEnding) void close();
});

// node:cluster would end the process where the primary dies, and its requests with it.
if (nodeCluster.worker !== undefined) nodeCluster.worker.exitedAfterDisconnect = true;
process.on('disconnect', () => {
  if (!isLeaving) void drain(0, { timeoutMs: orphanMs });
});

tell({ wirestack: 'started' });

/** For the requests of a process whose primary has died. */
const orphanMs = 30_000;

async function begin(module: ModuleReference, job: unknown): Promise<void> {
  try {
    const start = (await loadHandler(module)) as (job: unknown) => Promise<GroupWorker>;
    worker = await start(job);
    tell({ wirestack: 'ready', answer: worker.address });
  } catch (error) {
    process.exitCode = 1;
    if (!process.connected) process.exit();
    process.send?.({ wirestack: 'failed', error: describeError(error) } satisfies FromChild, () => {
      process.exit();
    });
  }
}

async function drain(delayMs: number, deadline: Deadline): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  try {
    worker?.retire?.();
    if (delayMs > 0) await delay(delayMs);
    stopAccepting();
    await worker?.drain({ timeoutMs: deadline.timeoutMs });
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  process.exit();
}

async function close(): Promise<void> {
  isEnding = true;
  try {
    await worker?.close();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  process.exit();
}

/**
 * Closes this process's copy of the listening socket: what has been accepted is served, what waits in the backlog is the other processes'. A server's
 * own `close()` would cut handshakes that are under way. The channel closes when the last connection has.
 */
function stopAccepting(): void {
  isLeaving = true;
  nodeCluster.worker?.disconnect();
}

function answerStats(id: number): void {
  const stats = worker?.stats() ?? { connections: 0, requests: 0, dropped: 0 };
  if (process.connected) process.send?.({ wirestackStats: id, stats } satisfies FromGroupWorker);
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}
