import type { ListenAddress } from '../../listening/bind-server.ts';
import type { ListenOptions } from '../../listening/port.ts';
import { serve, type RunningServer } from '../serve.ts';
import type { FromChild } from './child.ts';
import { loadHandler, streamHandler, type ModuleReference } from './module-handler.ts';
import { describeError } from './remote-error.ts';

/** The entry of a process of `cluster()`: a server of its own, on the listening socket that all of them share. */
export interface ClusterJob {
  readonly module: ModuleReference;
  readonly address: ListenAddress;
  readonly options: ListenOptions;
}

type ToClusterWorker =
  { readonly wirestack: 'listen'; readonly job: ClusterJob } | { readonly wirestack: 'drain' };

let server: RunningServer | undefined;

process.on('message', (message: ToClusterWorker | { readonly wirestack?: undefined }) => {
  if (message.wirestack === 'listen') void listen(message.job);
  else if (message.wirestack === 'drain') void drain();
});

tell({ wirestack: 'started' });

// The primary has died.
process.on('disconnect', () => void drain());

async function listen({ module, address, options }: ClusterJob): Promise<void> {
  try {
    server = await serve(address, streamHandler(await loadHandler(module)), options);
    tell({ wirestack: 'ready', answer: server.address });
  } catch (error) {
    process.exitCode = 1;
    process.send?.({ wirestack: 'failed', error: describeError(error) } satisfies FromChild, () => {
      process.exit();
    });
  }
}

async function drain(): Promise<void> {
  await server?.drain();
  process.exit();
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}
