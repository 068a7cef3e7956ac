import { expect, test } from 'vitest';
import type { ByteStream } from '../../../src/byte-stream.ts';
import { splice } from '../../../src/server/concurrency/splice.ts';
import { socketPair } from '../../../src/streams/memory-pair.ts';
import { textUntilEnd, turnsUntil } from '../../scratch.ts';

/** `client` ⇄ connection = inner ⇄ `worker` */
function spliced(): {
  client: ByteStream;
  connection: ByteStream;
  worker: ByteStream;
  finished: Promise<void>;
} {
  const [client, connection] = socketPair();
  const [inner, worker] = socketPair();
  return { client, connection, worker, finished: splice(connection, inner) };
}

test('bytes and ends pass both ways; it is finished with the last word of the worker', async () => {
  const { client, worker, finished } = spliced();
  await client.write('question');
  await client.shutdown('write');
  expect(await textUntilEnd(worker)).toBe('question');
  await worker.write('answer');
  await worker.shutdown('write');
  await finished;
  expect(await textUntilEnd(client)).toBe('answer');
});

test('the worker may have the last word while the client goes on', async () => {
  const { client, connection, worker, finished } = spliced();
  await worker.write('go away');
  await worker.close();
  await finished;
  await client.write('but');
  await turnsUntil(() => !connection.needsDrain);
  await client.write('but');
  expect(await textUntilEnd(client)).toBe('go away');
  await connection.close();
});

test.each(['client', 'worker'] as const)('back-pressure of the %s reaches the other', async (slow) => {
  const ends = spliced();
  const [from, to] = slow === 'client' ? [ends.worker, ends.client] : [ends.client, ends.worker];
  let written = 0;
  for (let idle = 0; idle < 50; idle++) {
    if (!from.needsDrain) {
      void from.write(new Uint8Array(10_000));
      written += 10_000;
      idle = 0;
    }
    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(written).toBeLessThan(500_000);
  }
  void from.shutdown('write');
  expect(await textUntilEnd(to)).toHaveLength(written);
});

test('a client that resets resets the worker', async () => {
  const { client, worker, finished } = spliced();
  client.abort();
  await expect(worker.closed).rejects.toMatchObject({ code: 'RESET' });
  await expect(finished).rejects.toMatchObject({ code: 'ABORTED' });
});

test('a worker that resets resets the client', async () => {
  const { client, worker, finished } = spliced();
  worker.abort();
  await expect(client.closed).rejects.toMatchObject({ code: 'RESET' });
  await expect(finished).rejects.toMatchObject({ code: 'RESET' });
});
