import { beforeEach, describe, expect, test } from 'vitest';
import { SocketError } from '@wirestack/socket';
import { gate, serving, standstill, turnsUntil } from './harness.ts';
import { allGone, noUnhandledRejections, switched, upgrading, wish } from './upgraded.ts';

beforeEach(noUnhandledRejections);

const neverEnds = (): Promise<never> => new Promise(() => undefined);

describe('drain() and close() of a server with upgraded streams', () => {
  test('drain() tells request.draining, and waits for what was upgraded', async () => {
    const { opened, open } = gate();
    let isDrained = false;
    const served = await upgrading(async (stream) => {
      await opened;
      await stream.write('bye');
    });
    const peer = await switched(served);
    const draining = served.requests[0]?.draining;
    expect(draining?.aborted).toBe(false);
    const drained = served.server.drain().then(() => (isDrained = true));
    expect(draining?.aborted).toBe(true);
    await standstill(() => 0);
    expect(isDrained).toBe(false);
    expect(served.server.stats.connections).toBe(1);
    open();
    expect(await peer.rest()).toBe('bye');
    await drained;
    await allGone(served);
  });

  test('a handler that heeds request.draining ends the drain', async () => {
    const served = await serving((request) => ({
      status: 101,
      headers: [['Upgrade', 'echo']],
      upgrade: () =>
        new Promise<void>((resolve) => {
          request.draining.addEventListener('abort', () => {
            resolve();
          });
        }),
    }));
    const peer = await switched(served);
    await served.server.drain();
    expect(await peer.rest()).toBe('');
    await allGone(served);
  });

  test('a deadline that passes aborts what was upgraded, in either mode', async () => {
    const errors: unknown[] = [];
    for (const mode of ['read', 'attach', 'none']) {
      const served = await upgrading((stream) => {
        const closed = (error?: Error): void => void errors.push(error);
        if (mode === 'attach') {
          stream.attach({ data: () => undefined, end: () => undefined, drain: () => undefined, closed });
        } else if (mode === 'read') {
          stream.read().catch(closed);
        } else {
          stream.closed.catch(closed);
        }
        return neverEnds();
      });
      const peer = await switched(served);
      await served.server.drain({ timeoutMs: 0 });
      expect(await peer.ending()).toBe('RESET');
      await allGone(served);
    }
    expect(errors).toEqual([expect.any(SocketError), expect.any(SocketError), expect.any(SocketError)]);
  });

  test('close() aborts what was upgraded, and a wish that has no answer yet', async () => {
    const served = await upgrading(neverEnds);
    const peer = await switched(served);
    const thinking = await serving(neverEnds);
    const waiting = await thinking.client();
    await waiting.send(`${wish}early`);
    await turnsUntil(() => thinking.server.stats.requests === 1);
    await Promise.all([served.server.close(), thinking.server.close()]);
    expect(await peer.ending()).toBe('RESET');
    expect(await waiting.ending()).toBe('RESET');
    expect(served.requests[0]?.signal.aborted).toBe(true);
    await allGone(served);
  });

  test('a wish in work as drain() begins may still be taken', async () => {
    const { opened, open } = gate();
    const served = await serving(async () => {
      await opened;
      return {
        status: 101,
        headers: [['Upgrade', 'echo']],
        upgrade: async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
        },
      };
    });
    const peer = await served.client();
    await peer.send(`${wish}early`);
    await turnsUntil(() => served.server.stats.requests === 1);
    const drained = served.server.drain();
    await standstill(() => 0);
    open();
    expect((await peer.answer()).status).toBe(101);
    await peer.stream.shutdown('write');
    expect(await peer.rest()).toBe('early');
    await drained;
    await allGone(served);
  });
});
