import { describe, expect, it } from 'vitest';
import { staticFiles } from '@wirestack/http/static';
import type { HttpResponse } from '@wirestack/http';
import { HeldBytes } from '../../src/static/held-bytes.ts';
import { serving, turnsUntil } from '../server/harness.ts';
import { get } from '../server/raw-client.ts';
import { bytesOf, later, openUnder, requestOf, site } from './site.ts';

describe('bytes on their way', () => {
  it('are counted once however many clients they go to, as long as one has not ended', () => {
    const held = new HeldBytes(100);
    const [long, other] = [new Uint8Array(60), new Uint8Array(50)];
    const body = held.body(long);
    expect([held.mayHold(long), held.mayHold(other)]).toEqual([true, true]);
    const [first, second, third] = [1, 2, 3].map(() => body[Symbol.iterator]());
    expect([held.mayHold(long), held.mayHold(other)]).toEqual([true, false]);
    expect(first!.next()).toEqual({ done: false, value: long });
    expect(first!.next().done).toBe(true);
    // Ended before it began, and more than once.
    second!.return!();
    second!.return!();
    expect(second!.next().done).toBe(true);
    expect(held.mayHold(other)).toBe(false);
    third!.next();
    third!.return!();
    expect(held.mayHold(other)).toBe(true);
  });
});

describe('long files from memory', () => {
  const size = 400_000;
  const world = (): string => {
    const root = site({ a: Buffer.alloc(size, 'a'), b: Buffer.alloc(size, 'b') });
    later();
    return root;
  };
  const isFile = ({ body }: HttpResponse): boolean => typeof body === 'object' && 'file' in body;

  it('are sent from the disk where clients hold too much already', async () => {
    const root = site(
      Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, Buffer.alloc(size, name)])),
    );
    later();
    const handler = staticFiles(root, { cacheBytes: 4.5 * size, cacheFileBytes: size });
    const held = [];
    for (const target of ['/a', '/b', '/c', '/d', '/a']) {
      const { body } = await handler(requestOf(target));
      const iterator = (body as Iterable<Uint8Array>)[Symbol.iterator]();
      iterator.next();
      held.push(iterator);
    }
    const fifth = await handler(requestOf('/e'));
    expect(isFile(fifth)).toBe(true);
    expect((await bytesOf(fifth)).equals(Buffer.alloc(size, 'e'))).toBe(true);
    // Those that are held already cost nothing more.
    expect(isFile(await handler(requestOf('/d')))).toBe(false);
    for (const iterator of held) iterator.return!();
    expect(isFile(await handler(requestOf('/e')))).toBe(false);
  });

  it('are held by clients that do not read, up to the limit, and come complete all the same', async () => {
    const names = Array.from({ length: 8 }, (_, i) => String(i));
    const root = site(Object.fromEntries(names.map((name) => [name, Buffer.alloc(size, name)])));
    later();
    const handler = staticFiles(root, { cacheBytes: 4 * size, cacheFileBytes: size });
    let files = 0;
    const { client } = await serving(async (request) => {
      const response = await handler(request);
      if (isFile(response)) files++;
      return response;
    });
    for (let round = 0; round < 2; round++) {
      const peers = await Promise.all(names.map(() => client()));
      // Each asks for more than fits into the buffers on the way, and reads nothing yet.
      await Promise.all(peers.map((peer, i) => peer.send(get(`/${String(i)}`).repeat(20))));
      await turnsUntil(() => files > 0);
      for (const [i, peer] of peers.entries()) {
        for (const { body } of await peer.answers(20)) expect(body === String(i).repeat(size)).toBe(true);
        await peer.stream.close();
      }
    }
    await turnsUntil(() => openUnder(root) === 0);
  });

  it('give parts from the disk', async () => {
    const root = world();
    const handler = staticFiles(root);
    await bytesOf(await handler(requestOf('/a')));
    const part = await handler(requestOf('/a', { range: 'bytes=0-0' }));
    expect(isFile(part)).toBe(true);
    expect((await bytesOf(part)).toString()).toBe('a');
  });
});
