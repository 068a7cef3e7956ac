import { socketPair, type ByteStream } from '@wirestack/socket';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { delimiter, framed, frameStreams, lengthPrefixParts, pump, type Framed } from '../src/index.ts';
import { utf8 } from './bytes.ts';
import { kinds, tcpPair } from './streams.ts';

const tiny = delimiter(',');
const floodOf = 50_000;
const batchLimit = 100;

/** Sends `floodOf` empty messages, as fast as they are taken. */
async function flood(stream: ByteStream): Promise<void> {
  const bytes = utf8(','.repeat(5000));
  for (let sent = 0; sent < floodOf; sent += bytes.length) await stream.write(bytes);
  await stream.shutdown('write');
}

/** Counts turns of the event loop, and the most that happened in one. */
class Turns {
  most = 0;
  #inThis = 0;
  #isOver = false;

  constructor() {
    const next = (): void => {
      this.#inThis = 0;
      if (!this.#isOver) setImmediate(next);
    };
    setImmediate(next);
  }

  count(events: number): void {
    this.#inThis += events;
    this.most = Math.max(this.most, this.#inThis);
  }

  stop(): void {
    this.#isOver = true;
  }
}

const ways: [string, (from: Framed<Uint8Array>, count: (frames: number) => void) => Promise<void>][] = [
  [
    'receive()',
    async (from, count) => {
      while ((await from.receive()) !== undefined) count(1);
    },
  ],
  [
    'for await',
    async (from, count) => {
      for await (const message of from) count(1 + message.length);
    },
  ],
  [
    'batches()',
    async (from, count) => {
      for await (const batch of from.batches()) count(batch.length);
    },
  ],
  [
    'take()',
    async (from, count) => {
      while ((await from.receive()) !== undefined) {
        count(1);
        while (from.take() !== undefined) count(1);
      }
    },
  ],
  [
    'pump()',
    async (from, count) => {
      const [sink, drain] = socketPair({ highWaterBytes: 1 << 30 });
      void (async () => {
        while ((await drain.read()) !== undefined);
      })();
      await pump(from, framed(sink, tiny), (frame) => {
        count(1);
        return frame;
      });
    },
  ],
];

describe.each(kinds)('a peer that sends 50,000 tiny messages, %s', (_, makePair) => {
  test.each(ways)(
    'is served in batches, a turn of the event loop for others between: %s',
    async (_name, way) => {
      const [a, b] = await makePair();
      const turns = new Turns();
      let all = 0;
      const flooding = flood(b);
      await way(framed(a, tiny, { batchLimit }), (frames) => {
        all += frames;
        turns.count(frames);
      });
      turns.stop();
      await flooding;
      expect(all).toBe(floodOf);
      // One batch where the wait for bytes ends in a turn, and one behind the wait for the turn itself.
      expect(turns.most).toBeLessThanOrEqual(2 * batchLimit);
      await Promise.all([a.close(), b.close()]);
    },
  );
});

test('two peers: one that floods does not keep one that asks from its answers', async () => {
  const [floodedBy, floodedEnd] = socketPair();
  const [asker, askedEnd] = await tcpPair();
  const flooded = framed(floodedEnd, tiny, { batchLimit });
  const asked = framed(askedEnd, tiny);
  let served = 0;
  const serving = (async () => {
    for await (const batch of flooded.batches()) served += batch.length;
  })();
  const answering = (async () => {
    for await (const question of asked) await asked.send(question);
  })();
  const flooding = flood(floodedBy);
  const client = framed(asker, tiny);
  const servedAtAnswer: number[] = [];
  for (let question = 0; question < 20; question++) {
    await client.request(utf8('?'));
    servedAtAnswer.push(served);
  }
  // All answers came before the flood was over, and it went on between them.
  expect(servedAtAnswer.at(-1)).toBeLessThan(floodOf);
  expect(new Set(servedAtAnswer).size).toBeGreaterThan(10);
  await Promise.all([flooding, serving]);
  await client.end();
  await answering;
  await Promise.all([asker.close(), askedEnd.close()]);
});

test('frames in parts are served so, too', async () => {
  const [a, b] = socketPair();
  const turns = new Turns();
  const flooding = flood(b);
  let all = 0;
  // Each ',' is a length of 44, and each frame 44 more.
  for await (const frame of frameStreams(a, lengthPrefixParts({ bytes: 1 }), { batchLimit })) {
    for await (const chunk of frame) all += chunk.length;
    turns.count(1);
    if (all === Math.floor(floodOf / 45) * 44) break;
  }
  turns.stop();
  await flooding;
  expect(turns.most).toBeGreaterThan(0);
  expect(turns.most).toBeLessThanOrEqual((2 * batchLimit) / 3 + 1);
});

describe('where there is no setImmediate, as in a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test('a turn is a message to oneself: other events come before it', async () => {
    const { setImmediate: immediate } = globalThis;
    vi.stubGlobal('setImmediate', undefined);
    vi.resetModules();
    const { turn } = await import('../src/turn.ts');
    const order: string[] = [];
    const first = turn().then(() => order.push('turn'));
    queueMicrotask(() => order.push('microtask'));
    await first;
    await Promise.all([turn(), turn()]);
    await new Promise((resolve) => immediate(resolve));
    expect(order).toEqual(['microtask', 'turn']);
  });
});
