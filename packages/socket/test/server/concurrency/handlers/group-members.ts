import { appendFileSync, readFileSync } from 'node:fs';
import { serve } from '../../../../src/server/serve.ts';
import type { GroupJob, GroupWorker } from '../../../../src/server/concurrency/process-group.ts';

/** What the tests of groups have their processes do: what the file says at their beginning. */
export async function begin({ address, data }: GroupJob): Promise<GroupWorker> {
  const { script, log } = data as { readonly script: string; readonly log: string };
  switch (readFileSync(script, 'utf8')) {
    case 'fail':
      throw new RangeError('it cannot begin');
    case 'exit':
      process.exit(4);
    // eslint-disable-next-line no-fallthrough -- not reached
    case 'hang':
      await new Promise(() => setInterval(() => undefined, 1_000_000));
  }
  let requests = 0;
  const server = await serve(address, async (stream) => {
    requests++;
    for await (const chunk of stream) {
      const text = Buffer.from(chunk).toString();
      if (text === 'exit') process.exit(3);
      await stream.write(text === 'pid' ? String(process.pid) : chunk);
    }
  });
  return {
    address: server.address,
    retire: () => {
      appendFileSync(log, 'retired\n');
    },
    drain: (deadline) => server.drain(deadline),
    close: () => server.drain({ timeoutMs: 0 }),
    stats: () => ({ connections: server.connections, requests, dropped: server.dropped }),
  };
}
