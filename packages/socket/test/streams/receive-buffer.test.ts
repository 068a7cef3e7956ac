import { describe, expect, test } from 'vitest';
import { connect, listen, type ByteReceiver, type SocketStream } from '@wirestack/socket';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { disposed, scratchPath } from '../scratch.ts';

describe.each([
  ['TCP', () => 'tcp://127.0.0.1:0'],
  ['Unix', () => `unix:${scratchPath()}`],
])('an outgoing connection over %s', (_, address) => {
  test('reads every chunk for a receiver that borrows into the same memory', async () => {
    const { client, server } = await connected(address());
    const memories = new Set<ArrayBufferLike>();
    const { seen, untilBytes } = counting((chunk) => memories.add(chunk.buffer));
    client.attach({ ...seen, borrows: true });
    for (let round = 1; round <= 5; round++) {
      await server.write(new Uint8Array(1000));
      await untilBytes(round * 1000);
    }
    expect(memories.size).toBe(1);
  });

  test('gives a receiver that keeps chunks memory of its own', async () => {
    const { client, server } = await connected(address());
    const memories: ArrayBufferLike[] = [];
    const { seen, untilBytes } = counting((chunk) => memories.push(chunk.buffer));
    client.attach(seen);
    await server.write(new Uint8Array(1000));
    await untilBytes(1000);
    await server.write(new Uint8Array(1000));
    await untilBytes(2000);
    expect(new Set(memories).size).toBe(memories.length);
  });

  test('does not lend what was read ahead, and what one stream kept outlives the reads of another', async () => {
    const one = await connected(address());
    const other = await connected(address());
    await one.server.write('kept');
    const kept = await one.client.read();
    await other.server.write('over');
    expect(new TextDecoder().decode(await other.client.read())).toBe('over');
    expect(new TextDecoder().decode(kept)).toBe('kept');
  });

  test('learns of an end that came while nobody read', async () => {
    const { client, server } = await connected(address());
    await server.write('last words');
    await server.shutdown('write');
    expect(new TextDecoder().decode(await client.read())).toBe('last words');
    expect(await client.read()).toBeUndefined();
  });

  test('stops at the read-ahead where nobody reads', async () => {
    const { client, server } = await connected(address());
    const total = 32 * 1024 * 1024;
    const written = server.write(new Uint8Array(total));
    const first = await client.read();
    expect(client.bytesRead).toBeLessThan(1024 * 1024);
    let got = first?.length ?? 0;
    while (got < total) got += (await client.read())?.length ?? total;
    await written;
    expect(got).toBe(total);
  });
});

test('an outgoing connection that nobody reads learns that it was reset', async () => {
  const { client, server } = await connected('tcp://127.0.0.1:0');
  server.abort();
  await expect(client.closed).rejects.toMatchObject({ code: 'RESET' });
  await expect(client.read()).rejects.toMatchObject({ code: 'RESET' });
});

test('a receiver that took over may borrow where the one before kept', async () => {
  const { client, server } = await connected('tcp://127.0.0.1:0');
  const keeper = new RecordingReceiver();
  client.attach(keeper);
  await server.write('kept');
  await keeper.untilBytes(4);
  const { seen, untilBytes } = counting(() => undefined);
  client.attach({ ...seen, borrows: true });
  await server.write('lent');
  await untilBytes(4);
  expect(keeper.text).toBe('kept');
});

async function connected(address: string): Promise<{ client: SocketStream; server: SocketStream }> {
  const listener = disposed(await listen(address));
  const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
  disposed({
    [Symbol.asyncDispose]: () => {
      client.abort();
      server.abort();
      return Promise.resolve();
    },
  });
  return { client, server };
}

function counting(onChunk: (chunk: Uint8Array) => void): {
  seen: ByteReceiver;
  untilBytes: (count: number) => Promise<void>;
} {
  let bytes = 0;
  let wake: (() => void) | undefined;
  return {
    seen: {
      data: (chunk) => {
        onChunk(chunk);
        bytes += chunk.length;
        wake?.();
      },
      end: () => undefined,
      closed: () => undefined,
      drain: () => undefined,
    },
    untilBytes: async (count) => {
      while (bytes < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
