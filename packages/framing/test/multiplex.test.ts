import { setImmediate as turn } from 'node:timers/promises';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { faultStream } from '@wirestack/socket/testing';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  chain,
  delimiter,
  encodeAll,
  framed,
  FramingUsageError,
  lengthPrefix,
  multiplex,
  utf8,
  type Channel,
  type Multiplex,
  type MultiplexOptions,
} from '../src/index.ts';
import { kinds } from './streams.ts';

/** `a1`: message 1 of channel a. */
const codec = chain(delimiter(','), utf8());
const key = (message: string): string => message.charAt(0);

type Options = Partial<MultiplexOptions<string, string>>;

function connected(options: Options = {}): { here: Multiplex<string, string>; peer: ByteStream } {
  const [a, peer] = socketPair();
  return { here: multiplex(framed(a, codec), { key, ...options }), peer };
}

/** Receives what a channel has, and asks for no more. */
async function receive(channel: Channel<string, string>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) seen.push((await channel.receive())!);
  return seen;
}

describe.each(kinds)('multiplex, %s', (_, makePair) => {
  test('carries several conversations over one stream', async () => {
    const [a, b] = await makePair();
    const client = multiplex(framed(a, codec), { key });
    const server = multiplex(framed(b, codec), {
      key,
      onChannel: (channel) => {
        void (async () => {
          for await (const message of channel)
            await channel.send(message.toUpperCase().replace(/^./, channel.key));
        })();
      },
    });
    const talk = async (name: string): Promise<string[]> => {
      const channel = client.channel(name);
      const answers: string[] = [];
      for (const word of ['one', 'two', 'three']) {
        await channel.send(`${name}${word}`);
        answers.push((await channel.receive())!);
      }
      return answers;
    };
    expect(await Promise.all(['x', 'y', 'z'].map(talk))).toEqual([
      ['xONE', 'xTWO', 'xTHREE'],
      ['yONE', 'yTWO', 'yTHREE'],
      ['zONE', 'zTWO', 'zTHREE'],
    ]);
    await a.close();
    await Promise.all([server.done, client.done.catch(() => undefined)]);
    await b.close();
  });
});

describe('a channel', () => {
  test('gets its own messages, in order, whoever reads first', async () => {
    const { here, peer } = connected();
    const [a, b] = [here.channel('a'), here.channel('b')];
    expect(here.channel('a')).toBe(a);
    const waiting = receive(b, 2);
    await peer.write('a1,b1,a2,b2,');
    expect(await waiting).toEqual(['b1', 'b2']);
    expect(await receive(a, 2)).toEqual(['a1', 'a2']);
  });

  test('gives several receives their messages in the order they asked', async () => {
    const { here, peer } = connected();
    const a = here.channel('a');
    const asked = [a.receive(), a.receive(), a.receive()];
    await peer.write('a1,a2,');
    await peer.shutdown('write');
    expect(await Promise.all(asked)).toEqual(['a1', 'a2', undefined]);
    expect(await a.receive()).toBeUndefined();
    await here.done;
  });

  test('loses nothing to a receive that is cancelled, and has deadlines', async () => {
    const { here, peer } = connected();
    const a = here.channel('a');
    await expect(a.receive({ timeoutMs: 1 })).rejects.toMatchObject({
      name: 'FramedError',
      code: 'TIMED_OUT',
    });
    const cancel = new AbortController();
    const cancelled = a.receive({ signal: cancel.signal });
    const next = a.receive();
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'FramedError', code: 'ABORTED' });
    await peer.write('a1,');
    expect(await next).toBe('a1');
  });

  test('left in the middle of its loop loses nothing', async () => {
    const { here, peer } = connected();
    const a = here.channel('a');
    await peer.write('a1,a2,');
    for await (const message of a) {
      expect(message).toBe('a1');
      break;
    }
    expect(await a.receive()).toBe('a2');
  });

  test('gives what waits before it tells of the end, or of what went wrong', async () => {
    const { here, peer } = connected();
    const a = here.channel('a');
    await peer.write('a1,a');
    await turn();
    await peer.shutdown('write');
    await expect(here.done).rejects.toMatchObject({ name: 'FramingError', code: 'TRUNCATED' });
    expect(await a.receive()).toBe('a1');
    await expect(a.receive()).rejects.toMatchObject({ code: 'TRUNCATED' });
    expect(here.channel('a')).toBe(a);
    await expect(here.channel('new').receive()).rejects.toMatchObject({ code: 'TRUNCATED' });

    const reset = connected();
    const waiting = reset.here.channel('a').receive();
    await turn();
    reset.peer.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('closed, drops what waits and rejects who waits; messages of its key are strays from then on', async () => {
    const strays: string[] = [];
    const { here, peer } = connected({ onStray: (message) => strays.push(message) });
    const [a, b] = [here.channel('a'), here.channel('b')];
    await peer.write('a1,b1,');
    const waiting = receive(b, 2);
    await turn();
    a.close();
    b.close();
    await expect(waiting).rejects.toMatchObject({ name: 'FramedError', code: 'CLOSED' });
    await expect(a.receive()).rejects.toMatchObject({ code: 'CLOSED' });
    const again = here.channel('a');
    expect(again).not.toBe(a);
    await peer.write('a2,b2,');
    expect(await again.receive()).toBe('a2');
    await turn();
    expect(strays).toEqual(['b2']);
  });
});

describe('a channel that is full', () => {
  test("with 'wait' stops all the others and the peer, until it is read", async () => {
    const { here, peer } = connected({ limit: 2 });
    const [a, b] = [here.channel('a'), here.channel('b')];
    await peer.write('a1,a2,a3,b1,');
    await turn();
    const waiting = vi.fn();
    const received = b.receive();
    void received.then(waiting);
    await turn();
    expect(waiting).not.toHaveBeenCalled();
    expect(await a.receive()).toBe('a1');
    expect(await received).toBe('b1');
    expect(await receive(a, 2)).toEqual(['a2', 'a3']);
  });

  test("with 'wait' never holds more than its limit, however much is sent, and the sender feels it", async () => {
    const [a, peer] = socketPair({ highWaterBytes: 100 });
    const here = multiplex(framed(a, codec, { batchLimit: 10 }), { key, limit: 3 });
    const channel = here.channel('a');
    let sent = 0;
    const sending = (async () => {
      for (; sent < 500; sent++) await peer.write(`a${String(sent)},`);
      await peer.shutdown('write');
    })();
    for (let count = 0; count < 20; count++) await turn();
    expect(sent).toBeLessThan(100);
    const seen: string[] = [];
    for await (const message of channel) seen.push(message);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => `a${String(index)}`));
    await sending;
  });

  test("with 'wait' lets go when it is closed: the message that waited is a stray", async () => {
    const strays: string[] = [];
    const { here, peer } = connected({ limit: 1, onStray: (message) => strays.push(message) });
    const [a, b] = [here.channel('a'), here.channel('b')];
    await peer.write('a1,a2,b1,');
    await turn();
    a.close();
    expect(await b.receive()).toBe('b1');
    expect(strays).toEqual(['a2']);
  });

  test("with 'drop' drops what comes and counts it; the others go on", async () => {
    const { here, peer } = connected({ limit: 2, onFull: 'drop' });
    const [a, b] = [here.channel('a'), here.channel('b')];
    await peer.write('a1,a2,a3,a4,b1,');
    expect(await b.receive()).toBe('b1');
    expect([a.dropped, b.dropped]).toEqual([2, 0]);
    expect(await receive(a, 2)).toEqual(['a1', 'a2']);
    await peer.write('a5,');
    expect(await a.receive()).toBe('a5');
  });

  test("with 'error' fails behind what it holds; the others go on, and the key is free again", async () => {
    const { here, peer } = connected({ limit: 2, onFull: 'error' });
    const [a, b] = [here.channel('a'), here.channel('b')];
    await peer.write('a1,a2,a3,a4,b1,');
    expect(await b.receive()).toBe('b1');
    expect(await receive(a, 2)).toEqual(['a1', 'a2']);
    await expect(a.receive()).rejects.toMatchObject({ name: 'FramedError', code: 'OVERFLOW' });
    const again = here.channel('a');
    await peer.write('a5,');
    expect(await again.receive()).toBe('a5');
  });
});

describe('channels that the peer opens', () => {
  test('are told of once, before their first message is received', async () => {
    const opened: Channel<string, string>[] = [];
    const { here, peer } = connected({ onChannel: (channel) => opened.push(channel) });
    await peer.write('a1,b1,a2,');
    await turn();
    expect(opened.map((channel) => channel.key)).toEqual(['a', 'b']);
    expect(here.channel('a')).toBe(opened[0]);
    expect(await receive(opened[0]!, 2)).toEqual(['a1', 'a2']);
  });

  test('are no more than the limit: what would open another is a stray, until one is closed', async () => {
    const opened: Channel<string, string>[] = [];
    const strays: string[] = [];
    const { here, peer } = connected({
      maxChannels: 2,
      onChannel: (channel) => opened.push(channel),
      onStray: (message) => strays.push(message),
    });
    here.channel('own');
    await peer.write('a1,b1,c1,');
    await turn();
    expect(strays).toEqual(['c1']);
    opened[0]!.close();
    await peer.write('c2,d1,');
    await turn();
    expect(opened.map((channel) => channel.key)).toEqual(['a', 'b', 'c']);
    expect(strays).toEqual(['c1', 'd1']);
  });

  test('without onChannel are none: their messages are strays, and dropped where nobody wants those', async () => {
    const { here, peer } = connected();
    const a = here.channel('a');
    await peer.write('x1,a1,');
    expect(await a.receive()).toBe('a1');
  });
});

describe('stop', () => {
  test('gives the stream of messages back, and loses none', async () => {
    const [a, peer] = socketPair();
    const messages = framed(a, codec);
    const here = multiplex(messages, { key, limit: 1 });
    const channel = here.channel('a');
    await peer.write('a1,a2,a3,');
    await turn();
    await here.stop();
    expect(await receive(channel, 2)).toEqual(['a1', 'a2']);
    await expect(channel.receive()).rejects.toMatchObject({ name: 'FramedError', code: 'CLOSED' });
    expect(await messages.receive()).toBe('a3');
    await here.done;
  });

  test('from a callback ends it though a channel is full at that moment', async () => {
    const { here, peer } = connected({
      limit: 1,
      key: (message) => {
        if (message === 'a2') void here.stop();
        return key(message);
      },
    });
    const channel = here.channel('a');
    await peer.write('a1,a2,');
    await here.done;
    expect(await receive(channel, 2)).toEqual(['a1', 'a2']);
  });

  test('while it waits for the peer leaves the stream unread', async () => {
    const [a, peer] = socketPair();
    const messages = framed(a, codec);
    const here = multiplex(messages, { key });
    const waiting = here.channel('a').receive();
    await turn();
    await here.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await peer.write('a1,');
    expect(await messages.receive()).toBe('a1');
    await here.stop();
  });
});

test('what key or a callback throws ends all channels, and is what done rejects with', async () => {
  for (const options of [
    {
      key: (): string => {
        throw new RangeError('no key');
      },
    },
    {
      onChannel: (): void => {
        throw new RangeError('no key');
      },
    },
  ]) {
    const { here, peer } = connected(options);
    const waiting = here.channel('b').receive();
    await peer.write('a1,');
    await expect(here.done).rejects.toThrow('no key');
    await expect(waiting).rejects.toThrow('no key');
  }
});

test.each([{ limit: 0 }, { limit: 1.5 }, { maxChannels: 0 }, { maxChannels: Number.NaN }])(
  '%j is refused',
  (options) => {
    expect(() => connected(options)).toThrow(FramingUsageError);
  },
);

test('every channel gets its messages, all and in order, however they are read (model)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(255)), { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      async (plan, limit, seed) => {
        const [a, peer] = socketPair();
        const format = lengthPrefix({ bytes: 1 });
        const here = multiplex(framed(faultStream(a, { seed }), format), {
          key: (frame) => frame[0]!,
          limit,
        });
        const channels = [0, 1, 2, 3].map((name) => here.channel(name));
        void peer.write(
          encodeAll(
            format,
            plan.map((pair) => Uint8Array.from(pair)),
          ),
        );
        void peer.shutdown('write');
        const seen = await Promise.all(
          channels.map(async (channel) => {
            const values: number[] = [];
            for await (const frame of channel) {
              values.push(frame[1]!);
              if ((frame[1]! + seed) % 3 === 0) await turn();
            }
            return values;
          }),
        );
        const wanted = channels.map(({ key: name }) =>
          plan.filter(([to]) => to === name).map(([, value]) => value),
        );
        expect(seen).toEqual(wanted);
      },
    ),
    { numRuns: 60 },
  );
});
