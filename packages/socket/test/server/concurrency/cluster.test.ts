import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Address } from '../../../src/address.ts';
import type { ByteStream } from '../../../src/byte-stream.ts';
import { connect } from '../../../src/connect.ts';
import { cluster, type ClusterOptions } from '../../../src/server/concurrency/cluster.ts';
import type { Concurrency, WorkerExit } from '../../../src/server/concurrency/concurrency.ts';
import { moduleHandler, type ModuleHandler } from '../../../src/server/concurrency/module-handler.ts';
import { gone, textUntilEnd, turnsUntil } from '../../scratch.ts';
import { handlerNamed, loaderArgv } from './serving.ts';

const child = { execArgv: [...loaderArgv] };
const anyPort = 'tcp://127.0.0.1:0';

describe('cluster', () => {
  test('several processes accept on one address', async () => {
    const { address } = await clustered({ size: 2 }, handlerNamed('countAtEnd'));
    expect(address).toMatchObject({ family: 'ipv4', host: '127.0.0.1' });
    const texts = ['', 'four', 'x'.repeat(100_000)];
    const answers = texts.map(async (text) => {
      const client = await connect(address);
      void client.write(text);
      await client.shutdown('write');
      return textUntilEnd(client);
    });
    expect(await Promise.all(answers)).toEqual(['0', '4', '100000']);
  });

  test.each([1, 2])('of %d replaces a process that dies, at the same address', async (size) => {
    const exits = vi.fn<(exit: WorkerExit) => void>();
    const { address, errors } = await clustered({ size, onWorkerExit: exits }, handlerNamed('obey'));
    const client = await connect(address);
    await client.write('exit');
    await gone(client);
    await turnsUntil(() => exits.mock.calls.length === 1);
    expect(exits.mock.lastCall?.[0]).toMatchObject({ exitCode: 3 });
    expect(errors).toMatchObject([{ name: 'WorkerExitError', exitCode: 3 }]);
    const next = await connectAgain(address);
    await next.write('hello');
    expect(Buffer.from((await next.read()) ?? []).toString()).toBe('hello');
    await next.close();
  });

  test('stop() waits for the connections that are open, and takes no more', async () => {
    const { address, concurrency } = await clustered({ size: 1 }, handlerNamed('obey'));
    const client = await connect(address);
    await client.write('hello');
    await client.read();
    const stopped = concurrency.stop();
    await client.write('last words');
    await client.shutdown('write');
    expect(await textUntilEnd(client)).toBe('last words');
    await client.close();
    await stopped;
    await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('stop() kills at the deadline what hangs', async () => {
    const { address, concurrency } = await clustered({ size: 1 }, handlerNamed('obey'));
    const client = await connect(address);
    await client.write('hang');
    await client.read();
    await concurrency.stop({ timeoutMs: 0 });
    await gone(client);
  });

  test('a module that does not load, or an address that cannot be had, is what listen() rejects with', async () => {
    const broken = moduleHandler(new URL('./handlers/broken.ts', import.meta.url));
    await expect(clustered({ size: 1 }, broken)).rejects.toThrow('this module does not load');
    await expect(clustered({ size: 1 }, handlerNamed(), 'tcp://192.0.2.1:0')).rejects.toMatchObject({
      name: 'SocketError',
      code: 'UNAVAILABLE',
    });
  });

  test('a function, as handler or among the options, is refused with BAD_ARGUMENT', async () => {
    const refused = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };
    const context = { handler: () => undefined, onError: never };
    await expect(cluster().start?.(context)).rejects.toMatchObject(refused);
    const concurrency = cluster();
    await concurrency.start?.({ handler: handlerNamed(), onError: never });
    const options = { onRefused: never };
    await expect(concurrency.listen?.(anyPort, options)).rejects.toMatchObject(refused);
    await expect(cluster().listen?.(anyPort, {})).rejects.toMatchObject(refused);
  });

  test('run() is refused with UNSUPPORTED: nothing is accepted here', async () => {
    await expect(cluster().run({ run: never })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

interface Clustered {
  readonly concurrency: Concurrency;
  readonly address: Address;
  readonly errors: unknown[];
}

async function clustered(
  options: ClusterOptions,
  handler: ModuleHandler,
  where: string = anyPort,
): Promise<Clustered> {
  const concurrency = cluster({ ...options, child });
  const errors: unknown[] = [];
  await concurrency.start?.({ handler, onError: (error) => errors.push(error) });
  const address = (await concurrency.listen?.(where, {})) as Address;
  onTestFinished(() => concurrency.stop({ timeoutMs: 0 }));
  return { concurrency, address, errors };
}

/** The successor of the only process binds the address anew: until then it is refused. */
async function connectAgain(address: Address): Promise<ByteStream> {
  for (;;) {
    try {
      return await connect(address);
    } catch (error) {
      expect(error).toMatchObject({ code: 'REFUSED' });
    }
  }
}

function never(): never {
  throw new Error('not called');
}
