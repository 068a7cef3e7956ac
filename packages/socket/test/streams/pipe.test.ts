import { describe, expect, test } from 'vitest';
import type { ByteStream } from '@wirestack/socket';
import { pipe, relay } from '../../src/streams/pipe.ts';
import { readAll, StreamReader } from '../../src/streams/stream-reader.ts';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { disposed, textUntilEnd, turnsUntil } from '../scratch.ts';
import { memoryPair, tcpPair } from './contract.ts';

/** `client` talks to `from`, and what is piped `to` arrives at `server`. */
function chain(): { client: ByteStream; from: ByteStream; to: ByteStream; server: ByteStream } {
  const [client, from] = memoryPair();
  const [to, server] = memoryPair();
  return { client, from, to, server };
}

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('pipe', () => {
  test('moves everything, counts it, and passes the end on; the other direction stays open', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    void client.write('one ');
    void client.write('two');
    void client.shutdown('write');
    expect(await textUntilEnd(server)).toBe('one two');
    expect(await moved).toBe(7);
    await server.write('answer');
    expect(new TextDecoder().decode(await to.read())).toBe('answer');
    await from.write('answer');
    expect(new TextDecoder().decode(await client.read())).toBe('answer');
  });

  test('of nothing is an end at once', async () => {
    const { client, from, to, server } = chain();
    void client.shutdown('write');
    expect(await pipe(from, to)).toBe(0);
    expect(await server.read()).toBeUndefined();
  });

  test('with `end: false` leaves `to` open for what comes next', async () => {
    const { to, server } = chain();
    for (const text of ['first ', 'second ']) {
      const [source, from] = memoryPair();
      void source.write(text);
      void source.shutdown('write');
      expect(await pipe(from, to, { end: false })).toBe(text.length);
    }
    await to.write('third');
    await to.shutdown('write');
    expect(await textUntilEnd(server)).toBe('first second third');
  });

  test('what was read too far comes first', async () => {
    const { client, from, to, server } = chain();
    void client.write('CONNECT\nbody');
    void client.shutdown('write');
    const reader = new StreamReader(from);
    expect(await reader.readLine()).toBe('CONNECT');
    expect(await pipe(reader.release(), to)).toBe(4);
    expect(await textUntilEnd(server)).toBe('body');
  });

  test('a destination that does not read stops the source: what waits in between is bounded', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    const chunk = 10_000;
    let accepted = 0;
    const flood = (async () => {
      for (let count = 0; count < 100; count++) {
        await client.write(new Uint8Array(chunk));
        accepted += chunk;
      }
      await client.shutdown('write');
    })();
    await turns(100);
    // Each pair holds 65,536 bytes and the chunk that goes beyond.
    expect(accepted).toBeLessThanOrEqual(2 * (65_536 + chunk));
    expect(client.needsDrain).toBe(true);
    expect((await readAll(server, 2_000_000)).length).toBe(1_000_000);
    await flood;
    expect(await moved).toBe(1_000_000);
  });

  test('over TCP, too, a destination that does not read stops the source', async () => {
    const [up, down] = await Promise.all([tcpPair(), tcpPair()]);
    for (const stream of [up.a, up.b, down.a, down.b]) disposed(stream);
    const total = 64 * 1024 * 1024;
    const moved = pipe(up.b, down.a);
    const written = up.a.write(new Uint8Array(total));
    let isWritten = false;
    void written.then(() => (isWritten = true));
    await turnsUntil(() => down.a.needsDrain);
    await turns(200);
    expect(isWritten).toBe(false);
    void up.a.shutdown('write');
    let got = 0;
    for await (const chunk of down.b) got += chunk.length;
    expect(got).toBe(total);
    expect(await moved).toBe(total);
    await Promise.all([up.close(), down.close()]);
  });

  test('a source that is reset fails it with RESET; the destination is left as it is', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    await client.write('before');
    await turns();
    client.abort();
    await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    await to.write(' and an apology');
    await to.shutdown('write');
    expect(await textUntilEnd(server)).toBe('before and an apology');
  });

  test('a destination that is reset fails it with RESET, also while nothing is moved; the source can go elsewhere', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    server.abort();
    await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    await client.write('kept');
    const receiver = new RecordingReceiver();
    from.attach(receiver);
    await receiver.untilBytes(4);
    expect(receiver.text).toBe('kept');
  });

  test('a destination that is reset while it blocks fails it', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    void client.write(new Uint8Array(100_000));
    await turnsUntil(() => to.needsDrain);
    server.abort();
    await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('a destination whose peer has closed fails it at the next chunk', async () => {
    const { client, from, to, server } = chain();
    const moved = pipe(from, to);
    await server.close();
    await client.write('nobody is there');
    await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'PEER_CLOSED' });
  });

  test.each(['from', 'to'] as const)(
    'closing `%s` here in the middle fails it with CLOSED',
    async (which) => {
      const all = chain();
      const moved = pipe(all.from, all.to);
      await all[which].close();
      if (which === 'to') await all.client.write('more');
      await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
    },
  );

  test('its deadline stops it between two chunks: none is lost, and both streams live', async () => {
    const { client, from, to, server } = chain();
    const controller = new AbortController();
    const reason = new Error('enough');
    const moved = pipe(from, to, { signal: controller.signal });
    await client.write('moved');
    await turns();
    controller.abort(reason);
    await expect(moved).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED', cause: reason });
    await client.write('kept');
    await turns();
    const receiver = new RecordingReceiver();
    from.attach(receiver);
    await receiver.untilBytes(4);
    expect(receiver.text).toBe('kept');
    await to.shutdown('write');
    expect(await textUntilEnd(server)).toBe('moved');
    await expect(pipe(from, to, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(pipe(from, to, { timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('is refused with BUSY while a read of the source is outstanding', async () => {
    const { client, from, to } = chain();
    const read = from.read();
    await expect(pipe(from, to)).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BUSY' });
    await client.write('for the read');
    expect((await read)?.length).toBe(12);
  });
});

describe('relay', () => {
  test('carries both ways at once, half-closes each way, and counts', async () => {
    const { client, from, to, server } = chain();
    const done = relay(from, to);
    void client.write('question');
    void client.shutdown('write');
    expect(await textUntilEnd(server)).toBe('question');
    void server.write('a long answer');
    void server.shutdown('write');
    expect(await textUntilEnd(client)).toBe('a long answer');
    expect(await done).toEqual({ sent: 8, received: 13 });
    await Promise.all([client.closed, from.closed, to.closed, server.closed]);
  });

  test.each(['client', 'server'] as const)('a reset of the %s reaches the other end', async (which) => {
    const all = chain();
    const done = relay(all.from, all.to);
    await all.client.write('x');
    await turns();
    all[which].abort();
    await expect(done).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
    const other = which === 'client' ? all.server : all.client;
    await expect(textUntilEnd(other)).rejects.toMatchObject({ code: 'RESET' });
    await expect(Promise.all([all.from.closed, all.to.closed])).rejects.toMatchObject({
      name: 'SocketError',
    });
  });

  test('its deadline aborts both sides', async () => {
    const { client, from, to, server } = chain();
    await expect(relay(from, to, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    for (const end of [client, server]) await expect(end.closed).rejects.toMatchObject({ code: 'RESET' });
    await expect(from.read()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('a deadline that is no duration is refused, and harms neither side', async () => {
    const { from, to, client } = chain();
    const refused = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };
    await expect(relay(from, to, { timeoutMs: NaN })).rejects.toMatchObject(refused);
    await from.write('unharmed');
    expect((await client.read())?.length).toBe(8);
  });

  test('a tunnel over TCP carries megabytes both ways', async () => {
    const [up, down] = await Promise.all([tcpPair(), tcpPair()]);
    for (const stream of [up.a, up.b, down.a, down.b]) disposed(stream);
    const done = relay(up.b, down.a);
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => index * 7);
    const send = async (stream: ByteStream): Promise<void> => {
      await stream.write(bytes.slice());
      await stream.shutdown('write');
    };
    const [there, back] = await Promise.all([
      readAll(down.b, 4_000_000),
      readAll(up.a, 4_000_000),
      send(up.a),
      send(down.b),
    ]);
    expect(Buffer.compare(there, bytes)).toBe(0);
    expect(Buffer.compare(back, bytes)).toBe(0);
    expect(await done).toEqual({ sent: 3_000_000, received: 3_000_000 });
    await Promise.all([up.close(), down.close()]);
  });
});
