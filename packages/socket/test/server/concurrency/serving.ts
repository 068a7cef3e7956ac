import { onTestFinished } from 'vitest';
import type { ByteStream } from '../../../src/byte-stream.ts';
import { connect } from '../../../src/connect.ts';
import type { Concurrency } from '../../../src/server/concurrency/concurrency.ts';
import { moduleHandler, type ModuleHandler } from '../../../src/server/concurrency/module-handler.ts';
import { serve, type RunningServer } from '../../../src/server/serve.ts';

/** Lets threads and child processes load the sources. */
export const loaderArgv: readonly string[] = [
  '--import',
  new URL('./loader/register.js', import.meta.url).href,
];

export function handlerNamed(exportName?: string): ModuleHandler {
  return moduleHandler(new URL('./handlers/handlers.ts', import.meta.url), exportName);
}

export interface Serving {
  readonly server: RunningServer;
  /** What the server heard of: failures of handlers and of workers. */
  readonly errors: unknown[];
  client(): Promise<ByteStream>;
}

/** A server on a free port that runs its connections so; all of it ends with the test. */
export async function serving(concurrency: Concurrency, exportName?: string): Promise<Serving> {
  const handler = handlerNamed(exportName);
  const errors: unknown[] = [];
  await concurrency.start?.({ handler, onError: (error) => errors.push(error) });
  const server = await serve(
    'tcp://127.0.0.1:0',
    (stream) => concurrency.run({ stream, run: () => handler(stream) }),
    { onError: (error) => errors.push(error) },
  );
  onTestFinished(async () => {
    await server.close();
    await concurrency.stop({ timeoutMs: 0 });
  });
  return { server, errors, client: () => connect(server.address) };
}
