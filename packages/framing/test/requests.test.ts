import { setImmediate as turn } from 'node:timers/promises';
import { SocketError, socketPair, type ByteStream } from '@wirestack/socket';
import { faultStream } from '@wirestack/socket/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimiter, framed, FramingUsageError, lengthPrefix, type Framed } from '../src/index.ts';
import { text, utf8 } from './bytes.ts';
import { kinds } from './streams.ts';

const comma = delimiter(',');

function connected(highWaterBytes = 65_536): { here: Framed<Uint8Array>; peer: ByteStream } {
  const [a, peer] = socketPair({ highWaterBytes });
  return { here: framed(a, comma), peer };
}

async function ask(from: Framed<Uint8Array>, question: string, options = {}): Promise<string> {
  return text(await from.request(utf8(question), options));
}

/** Everything that has been written to `stream` so far. */
async function read(stream: ByteStream): Promise<string> {
  return text((await stream.read()) ?? new Uint8Array(0));
}

describe.each(kinds)('request, %s', (_, makePair) => {
  test('gets the answer; several at a time get theirs in the order they were sent', async () => {
    const [a, b] = await makePair();
    const client = framed(a, comma);
    const server = framed(b, comma);
    const serving = (async () => {
      for await (const question of server) await server.send(utf8(text(question).toUpperCase()));
      await server.end();
    })();
    expect(await ask(client, 'one')).toBe('ONE');
    const questions = Array.from({ length: 100 }, (_unused, index) => `q${String(index)}`);
    expect(await Promise.all(questions.map((question) => ask(client, question)))).toEqual(
      questions.map((question) => question.toUpperCase()),
    );
    await client.end();
    expect(await client.receive()).toBeUndefined();
    await serving;
    await Promise.all([a.close(), b.close()]);
  });
});

describe('a request that is given up', () => {
  test('has its late answer dropped; the next gets its own', async () => {
    const { here, peer } = connected();
    const cancel = new AbortController();
    const first = ask(here, 'first', { signal: cancel.signal });
    const second = ask(here, 'second');
    await turn();
    cancel.abort(new Error('enough'));
    await expect(first).rejects.toMatchObject({
      name: 'FramedError',
      code: 'ABORTED',
      cause: new Error('enough'),
    });
    await peer.write('FIRST,SECOND,');
    expect(await second).toBe('SECOND');
  });

  test('the only one: its late answer goes to no receive and to no later request', async () => {
    const { here, peer } = connected();
    const cancel = new AbortController();
    const first = ask(here, 'first', { signal: cancel.signal });
    await turn();
    cancel.abort();
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
    const receiving = here.receive();
    await peer.write('FIRST,news,');
    expect(text((await receiving)!)).toBe('news');

    const again = new AbortController();
    const third = ask(here, 'third', { signal: again.signal });
    await turn();
    again.abort();
    await expect(third).rejects.toMatchObject({ code: 'ABORTED' });
    const fourth = ask(here, 'fourth');
    await peer.write('THIRD,FOURTH,');
    expect(await fourth).toBe('FOURTH');
  });

  test('in the moment its answer comes, is answered or drops it, and never shifts the answers behind', async () => {
    for (const order of ['answer first', 'abort first']) {
      const { here, peer } = connected();
      const cancel = new AbortController();
      const first = ask(here, 'first', { signal: cancel.signal }).catch(() => 'given up');
      const second = ask(here, 'second');
      await turn();
      if (order === 'abort first') cancel.abort();
      void peer.write('FIRST,');
      if (order === 'answer first') cancel.abort();
      await peer.write('SECOND,');
      expect(['FIRST', 'given up']).toContain(await first);
      expect(await second).toBe('SECOND');
    }
  });

  test('times out with FramedError, and lets go of the stream', async () => {
    const { here, peer } = connected();
    await expect(ask(here, 'first', { timeoutMs: 1 })).rejects.toMatchObject({
      name: 'FramedError',
      code: 'TIMED_OUT',
    });
    await peer.write('FIRST,news,');
    expect(text((await here.receive())!)).toBe('news');
  });

  test('by a signal that is aborted already, was never sent', async () => {
    const { here, peer } = connected();
    await expect(ask(here, 'never', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await here.send(utf8('sent'));
    expect(await read(peer)).toBe('sent,');
  });

  test('with a timeout that is none, is the caller’s fault', async () => {
    const { here } = connected();
    await expect(ask(here, 'x', { timeoutMs: -1 })).rejects.toThrow(FramingUsageError);
    await expect(ask(here, 'x', { timeoutMs: Number.NaN })).rejects.toThrow(FramingUsageError);
  });
});

describe('a request under back-pressure', () => {
  test('is sent when the stream takes more, in order, and is never sent once it was given up', async () => {
    const { here, peer } = connected(8);
    const cancel = new AbortController();
    const first = ask(here, 'more than eight bytes');
    await turn();
    expect(here.stream.needsDrain).toBe(true);
    const second = ask(here, 'second', { signal: cancel.signal });
    const third = ask(here, 'third');
    await turn();
    cancel.abort();
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await read(peer)).toBe('more than eight bytes,');
    expect(await read(peer)).toBe('third,');
    await peer.write('FIRST,THIRD,');
    expect(await Promise.all([first, third])).toEqual(['FIRST', 'THIRD']);
  });

  test('rejects where the peer goes before it could be sent', async () => {
    const { here, peer } = connected(8);
    const asking = [ask(here, 'more than eight bytes'), ask(here, 'second')];
    await turn();
    peer.abort();
    for (const one of asking) await expect(one).rejects.toBeInstanceOf(SocketError);
  });
});

describe('requests that cannot be answered', () => {
  test('reject with UNANSWERED where the peer ends, those before it being answered', async () => {
    const { here, peer } = connected();
    const asking = ['a', 'b', 'c'].map((question) => ask(here, question).catch((error: unknown) => error));
    await turn();
    await peer.write('A,');
    await peer.shutdown('write');
    const [first, ...others] = await Promise.all(asking);
    expect(first).toBe('A');
    for (const error of others) expect(error).toMatchObject({ name: 'FramedError', code: 'UNANSWERED' });
    await expect(ask(here, 'd')).rejects.toMatchObject({ code: 'UNANSWERED' });
  });

  test('reject with TRUNCATED where it ends in the middle of an answer', async () => {
    const { here, peer } = connected();
    const asking = ask(here, 'a');
    await peer.write('AA');
    await peer.shutdown('write');
    await expect(asking).rejects.toMatchObject({ name: 'FramingError', code: 'TRUNCATED' });
  });

  test('reject with SocketError where it resets', async () => {
    const { here, peer } = connected();
    const asking = [ask(here, 'a'), ask(here, 'b', { timeoutMs: 60_000 })];
    await turn();
    peer.abort();
    for (const one of asking) await expect(one).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('reject with FramingUsageError where the format cannot carry the question; others are not disturbed', async () => {
    const { here, peer } = connected();
    const asking = ask(here, 'a');
    await expect(ask(here, 'b,c')).rejects.toThrow(FramingUsageError);
    await peer.write('A,');
    expect(await asking).toBe('A');
  });
});

describe('requests and receives', () => {
  test('one while the other is outstanding is refused, and changes nothing', async () => {
    const { here, peer } = connected();
    const receiving = here.receive();
    await expect(ask(here, 'a')).rejects.toThrow(FramingUsageError);
    await peer.write('news,');
    expect(text((await receiving)!)).toBe('news');

    const asking = ask(here, 'b');
    await expect(here.receive()).rejects.toThrow(FramingUsageError);
    expect(() => here.take()).toThrow(FramingUsageError);
    await expect(here.batches().next()).rejects.toThrow(FramingUsageError);
    await expect(here.messages().next()).rejects.toThrow(FramingUsageError);
    expect(await read(peer)).toBe('b,');
    await peer.write('B,');
    expect(await asking).toBe('B');
  });

  test('a request inside a loop over messages gets the next one, and the loop goes on behind it', async () => {
    const { here, peer } = connected();
    await peer.write('one,');
    const seen: string[] = [];
    for await (const message of here) {
      seen.push(text(message));
      if (seen.length === 3) break;
      const asking = ask(here, 'more');
      await peer.write(`answer ${String(seen.length)},two,`);
      seen.push(await asking);
    }
    expect(seen).toEqual(['one', 'answer 1', 'two']);
  });
});

test('whichever are given up, all others get their own answers, however the bytes are cut (model)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ isGivenUp: fc.boolean(), turns: fc.nat(3) }), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      async (plan, seed) => {
        const [a, b] = socketPair();
        const client = framed(faultStream(a, { seed }), lengthPrefix({ bytes: 1 }));
        const server = framed(faultStream(b, { seed: seed + 1 }), lengthPrefix({ bytes: 1 }));
        const serving = (async () => {
          for await (const question of server) await server.send(question);
        })();
        const asked = plan.map(async ({ isGivenUp, turns }, index) => {
          const cancel = new AbortController();
          const answer = client.request(Uint8Array.of(index), { signal: cancel.signal });
          if (!isGivenUp) return (await answer)[0];
          for (let count = 0; count < turns; count++) await turn();
          cancel.abort();
          return answer.then(
            (frame) => frame[0],
            (error: unknown) => (error as { code: string }).code,
          );
        });
        for (const [index, outcome] of (await Promise.all(asked)).entries()) {
          expect(plan[index]!.isGivenUp ? [index, 'ABORTED'] : [index]).toContain(outcome);
        }
        // All that was asked is answered or given up: what comes now is nobody's answer.
        expect((await client.request(Uint8Array.of(99)))[0]).toBe(99);
        await client.end();
        await serving;
      },
    ),
    { numRuns: 40 },
  );
});
