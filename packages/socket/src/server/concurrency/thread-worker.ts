import { parentPort, type MessagePort } from 'node:worker_threads';
import type { Address } from '../../address.ts';
import { portStream } from '../../streams/message-port.ts';
import { callHandler, loadHandler, type ModuleReference } from './module-handler.ts';
import { describeError, type RemoteError } from './remote-error.ts';

/** The entry of a thread of `threads()`: loads the handler, then serves what it is sent. `workerData` is the application's. */
export type ToThread =
  | { readonly kind: 'load'; readonly module: ModuleReference }
  | {
      readonly kind: 'serve';
      readonly id: number;
      readonly port: MessagePort;
      readonly localAddress: Address;
      readonly remoteAddress: Address;
    };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly error?: RemoteError };

let handler: unknown;

parentPort?.on('message', (message: ToThread) => {
  // A module that does not load ends the thread, with its error: a rejection that nobody handles does.
  if (message.kind === 'load') void load(message.module);
  else void serve(message);
});

async function load(module: ModuleReference): Promise<void> {
  handler = await loadHandler(module);
  tell({ kind: 'ready' });
}

async function serve(message: Extract<ToThread, { kind: 'serve' }>): Promise<void> {
  const { id, port, localAddress, remoteAddress } = message;
  const stream = portStream(port, { localAddress, remoteAddress });
  tell({ kind: 'begun', id });
  try {
    await callHandler(handler, stream);
  } catch (error) {
    stream.abort(error);
    tell({ kind: 'done', id, error: describeError(error) });
    return;
  }
  // Not close(): that is a reset where bytes are unread. The other thread closes the connection, once it has what was written.
  await stream.shutdown('both').catch(() => undefined);
  tell({ kind: 'done', id });
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}
