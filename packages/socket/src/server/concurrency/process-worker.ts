import type { Socket } from 'node:net';
import { KernelStream } from '../../streams/kernel-stream.ts';
import type { FromChild } from './child.ts';
import { callHandler, loadHandler, type ModuleReference } from './module-handler.ts';
import { describeError } from './remote-error.ts';

/** The entry of a process of `processes()`: loads the handler, then serves each socket that it is handed. */
type ToProcess =
  | { readonly wirestack: 'load'; readonly module: ModuleReference }
  | { readonly wirestack: 'serve'; readonly id: number };

let handler: unknown;
let running = 0;

process.on('message', (message: ToProcess, socket: unknown) => {
  if (message.wirestack === 'load') void load(message.module);
  else {
    tell({ wirestack: 'begun', id: message.id });
    // It may have gone while it was on its way.
    if (socket === undefined) tell({ wirestack: 'done', id: message.id });
    else void serve(message.id, socket as Socket);
  }
});

tell({ wirestack: 'started' });

// Nobody hands over any more: the server has stopped, or has died.
process.on('disconnect', endWhenIdle);

async function load(module: ModuleReference): Promise<void> {
  try {
    handler = await loadHandler(module);
    tell({ wirestack: 'ready' });
  } catch (error) {
    process.exitCode = 1;
    process.send?.({ wirestack: 'failed', error: describeError(error) } satisfies FromChild, () => {
      process.exit();
    });
  }
}

async function serve(id: number, socket: Socket): Promise<void> {
  // Node makes it as if half-close did not exist.
  socket.allowHalfOpen = true;
  const stream = new KernelStream(socket);
  running++;
  try {
    await callHandler(handler, stream);
    await stream.close();
    tell({ wirestack: 'done', id });
  } catch (error) {
    stream.abort(error);
    tell({ wirestack: 'done', id, error: describeError(error) });
  }
  running--;
  if (!process.connected) endWhenIdle();
}

function endWhenIdle(): void {
  if (running === 0) process.exit();
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}
