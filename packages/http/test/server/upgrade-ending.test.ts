import { beforeEach, describe, expect, test } from 'vitest';
import { SocketError } from '@wirestack/socket';
import { gate, ManualClock, pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { allGone, noUnhandledRejections, switched, upgrading, wish } from './upgraded.ts';

beforeEach(noUnhandledRejections);

const neverEnds = (): Promise<never> => new Promise(() => undefined);

describe('what becomes of the promise', () => {
  test('resolved: what was written leaves, then the connection is closed', async () => {
    const served = await upgrading(async (stream) => {
      void stream.write('x'.repeat(3_000_000));
      return Promise.resolve();
    });
    const peer = await switched(served);
    expect((await peer.rest()).length).toBe(3_000_000);
    await allGone(served);
  });

  test.each([
    ['rejects', (): Promise<never> => Promise.reject(new Error('no such echo'))],
    [
      'throws',
      (): never => {
        throw new Error('no such echo');
      },
    ],
  ])('a handler that %s: the connection is aborted, and onError told', async (_name, taker) => {
    const served = await upgrading(taker);
    const peer = await served.client();
    await peer.send(wish);
    await peer.untilCut();
    await allGone(served);
    expect(served.errors.splice(0)).toEqual([expect.objectContaining({ message: 'no such echo' })]);
  });

  test('rejected once it runs: the client sees a reset and no end', async () => {
    const { opened, open } = gate();
    const served = await upgrading(async () => {
      await opened;
      throw new Error('broken');
    });
    const peer = await switched(served);
    open();
    expect(await peer.ending()).toBe('RESET');
    expect(served.errors.splice(0)).toEqual([expect.objectContaining({ message: 'broken' })]);
  });

  test('rejected because the client left: nobody is told', async () => {
    const served = await upgrading(async (stream) => {
      await stream.read();
    });
    const peer = await switched(served);
    peer.stream.abort();
    await allGone(served);
  });

  test('resolved, or rejected, when the client is gone already', async () => {
    for (const isFailing of [false, true]) {
      const { opened, open } = gate();
      const served = await upgrading(async () => {
        await opened;
        if (isFailing) throw new SocketError('CLOSED', 'too late');
      });
      const peer = await switched(served);
      peer.stream.abort();
      await turnsUntil(() => served.server.stats.connections === 0);
      open();
      await standstill(() => 0);
      await allGone(served);
    }
  });

  test('resolved with bytes that nobody takes: cut off after writeTimeoutMs', async () => {
    const clock = new ManualClock();
    const served = await upgrading(
      (stream) => {
        void stream.write(Buffer.alloc(20_000_000));
        return Promise.resolve();
      },
      { clock },
    );
    await switched(served);
    await standstill(() => 0);
    clock.pass(30);
    expect(served.server.stats.connections).toBe(1);
    clock.pass(1);
    await allGone(served);
  });

  test('resolved with unread bytes and a write under way when the client resets', async () => {
    const { opened, open } = gate();
    const served = await upgrading(async (stream) => {
      void stream.write(Buffer.alloc(20_000_000));
      await opened;
    });
    const peer = await switched(served);
    await peer.send('unread');
    open();
    await turn();
    peer.stream.abort();
    await allGone(served);
  });
});

describe('request.signal', () => {
  test.each([
    ['resets', (peer: RawClient) => peer.stream.abort()],
    ['closes, and the handler with it', (peer: RawClient) => void peer.stream.close()],
  ])('is aborted when the client %s', async (_name, leave) => {
    const served = await upgrading(async (stream) => {
      while ((await stream.read()) !== undefined);
    });
    const peer = await switched(served);
    const signal = served.requests[0]?.signal;
    expect(signal?.aborted).toBe(false);
    leave(peer);
    await allGone(served);
    expect(signal?.reason).toBeInstanceOf(SocketError);
  });

  test('is not aborted when the client ends its half only', async () => {
    const served = await upgrading(neverEnds);
    const peer = await switched(served);
    await peer.stream.shutdown('write');
    await standstill(() => 0);
    expect(served.requests[0]?.signal.aborted).toBe(false);
  });

  test('is aborted when the client resets while the handler still thinks', async () => {
    const aborted = gate<unknown>();
    const served = await serving((request) => {
      request.signal.addEventListener('abort', () => {
        aborted.open(request.signal.reason);
      });
      return neverEnds();
    });
    const peer = await served.client();
    await peer.send(wish);
    await turnsUntil(() => served.server.stats.requests === 1);
    peer.stream.abort();
    expect(await aborted.opened).toBeInstanceOf(SocketError);
    await allGone(served);
  });
});

test('no deadline of HTTP is held against what was upgraded', async () => {
  const clock = new ManualClock();
  const served = await upgrading(
    async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    },
    { clock },
  );
  const peer = await switched(served);
  clock.pass(1000);
  await peer.send('still there?');
  expect(await peer.take(12)).toBe('still there?');
  await peer.stream.close();
  await allGone(served);
});

test.each(['before the answer', 'behind it, while nobody reads'])(
  '10 MB %s are held up by back-pressure, then come in full',
  async (when) => {
    const answered = gate();
    const read = gate<number>();
    const begin = gate();
    const served = await serving(async () => {
      if (when === 'before the answer') await answered.opened;
      return {
        status: 101,
        headers: [['Upgrade', 'echo']],
        upgrade: async (stream) => {
          await begin.opened;
          let length = 0;
          for await (const chunk of stream) length += chunk.length;
          read.open(length);
        },
      };
    });
    const peer = await served.client();
    await peer.send(wish);
    await turnsUntil(() => served.server.stats.requests === 1);
    const upload = pump(peer, Buffer.alloc(65_536), 10_485_760);
    expect(await standstill(() => upload.accepted)).toBeLessThan(9_000_000);
    answered.open();
    expect(await standstill(() => upload.accepted)).toBeLessThan(9_500_000);
    begin.open();
    await upload.done;
    await peer.stream.shutdown('write');
    expect(await read.opened).toBe(10_485_760);
    await allGone(served);
  },
);
