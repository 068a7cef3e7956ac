import { describe, expect, test } from 'vitest';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { ServerConnection } from '../../src/protocol/server-connection.ts';
import { BodySender } from '../../src/server/body-sender.ts';
import { ManualClock, serving, standstill, turn, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

const KiB = 1024;

/** A sender whose head is out, and the two ends of a stream that takes `room` bytes at a time. */
function sending(body: Iterable<Uint8Array>, room: number, waitMs: () => number): Sending {
  const protocol = new ServerConnection();
  protocol.receive(Buffer.from(get()));
  while (protocol.nextEvent() !== undefined);
  protocol.sendHead({ status: 200, headers: [['Content-Length', String(1 << 30)]] });
  const [near, far] = socketPair({ highWaterBytes: room });
  const sender = new BodySender(body);
  let now = 0;
  const done = sender.send(near, protocol, () => (now += waitMs()));
  return { sender, far, near, done };
}

interface Sending {
  readonly sender: BodySender;
  readonly near: ByteStream;
  readonly far: ByteStream;
  readonly done: Promise<boolean>;
}

/** The sizes of the parts that are written, as the other end takes them one by one. */
async function partsOf({ far, sender, done, near }: Sending): Promise<number[]> {
  const over = { isDone: false };
  void done.finally(() => (over.isDone = true));
  const parts = [];
  let before = 0;
  for (;;) {
    await turn();
    if (sender.sentBytes > before) parts.push(sender.sentBytes - before);
    before = sender.sentBytes;
    if (over.isDone) return parts;
    while (near.needsDrain) await far.read();
  }
}

describe('a large body is written in parts, each of which has writeTimeoutMs', () => {
  const body = Buffer.alloc(1024 * KiB);

  test('more at a time to a client that takes them soon', async () => {
    const parts = await partsOf(sending([body], 1, () => 0));
    expect(parts).toEqual([64 * KiB, 128 * KiB, ...Array<number>(3).fill(256 * KiB), 64 * KiB]);
  });

  test('16 KB at a time to one that needs longer than a second', async () => {
    const parts = await partsOf(sending([body], 1, () => 2000));
    expect(parts).toEqual([64 * KiB, ...Array<number>(60).fill(16 * KiB)]);
  });

  test('more again to one that has caught up', async () => {
    let waits = 0;
    const parts = await partsOf(sending([body], 1, () => (waits++ < 4 ? 2000 : 0)));
    expect(parts.slice(0, 7).map((bytes) => bytes / KiB)).toEqual([64, 16, 16, 32, 64, 128, 256]);
  });

  test('every byte once, whatever the parts', async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i * 5000, i));
    let waits = 0;
    const streaming = sending(pieces, 1, () => (waits++ % 3 === 0 ? 2000 : 0));
    const got: Uint8Array[] = [];
    void streaming.done.then(() => streaming.near.shutdown('write'));
    for await (const chunk of streaming.far) got.push(chunk);
    expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
    expect(await streaming.done).toBe(true);
  });
});

test('a client that takes some within each writeTimeoutMs is not cut off; one that takes nothing is', async () => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => ({ status: 200, body: Buffer.alloc(60_000_000) }), {
    clock,
  });
  const [slow, still] = [await client(), await client()];
  await slow.send(get());
  await still.send(get());
  await turnsUntil(() => server.stats.requests === 2);
  await standstill(() => 0);
  let taken = 0;
  // What the kernel holds moves by a megabyte or so at a time here: less than that is nothing to the server.
  for (let round = 0; round < 6; round++) {
    taken += (await slow.take(4_000_000)).length;
    await standstill(() => 0);
    clock.pass(20);
    await standstill(() => 0);
    expect(server.stats.connections).toBe(round === 0 ? 2 : 1);
  }
  expect(taken).toBe(24_000_000);
  expect((await still.untilCut()).length).toBeLessThan(60_000_000);
  clock.pass(31);
  await turnsUntil(() => server.stats.connections === 0);
  expect((await slow.untilCut()).length).toBeLessThan(36_000_000);
});
