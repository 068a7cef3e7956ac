import { setImmediate as turn } from 'node:timers/promises';
import { socketPair, type ByteStream } from '@wirestack/socket';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  delimiter,
  encodeAll,
  framed,
  FramingError,
  FramingUsageError,
  lengthPrefix,
  untilClose,
  type Framed,
} from '../src/index.ts';
import { cutBy, cuts, hex, text, utf8 } from './bytes.ts';

const comma = delimiter(',', { maxBytes: 100 });

/** A framed end, and the bare stream at the other. */
function connected(highWaterBytes = 65_536): { here: Framed<Uint8Array>; peer: ByteStream } {
  const [a, b] = socketPair({ highWaterBytes });
  return { here: framed(a, comma), peer: b };
}

async function receiveText(from: Framed<Uint8Array>): Promise<string | undefined> {
  const frame = await from.receive();
  return frame && text(frame);
}

async function readAll(stream: ByteStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += text(chunk);
  return all;
}

describe('receive', () => {
  test('gives a message each time, and undefined ever after the end', async () => {
    const { here, peer } = connected();
    await peer.write('one,tw');
    await peer.write('o,');
    await peer.shutdown('write');
    expect(await receiveText(here)).toBe('one');
    expect(await receiveText(here)).toBe('two');
    expect(await here.receive()).toBeUndefined();
    expect(await here.receive()).toBeUndefined();
  });

  test('gives the last message of a close-terminated format', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, untilClose());
    await peer.write('all of ');
    await peer.write('it');
    await peer.shutdown('write');
    expect(await receiveText(here)).toBe('all of it');
    expect(await here.receive()).toBeUndefined();
  });

  test('loses nothing when it is cancelled', async () => {
    const { here, peer } = connected();
    await peer.write('ha');
    const cancel = new AbortController();
    const receiving = here.receive({ signal: cancel.signal });
    await turn();
    cancel.abort();
    await expect(receiving).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED' });
    await peer.write('lf,whole,');
    expect(await receiveText(here)).toBe('half');
    expect(await receiveText(here)).toBe('whole');
  });

  test('loses nothing when it is cancelled as the bytes arrive', async () => {
    const { here, peer } = connected();
    const cancel = new AbortController();
    const receiving = here.receive({ signal: cancel.signal }).then(
      (frame) => frame && text(frame),
      () => undefined,
    );
    void peer.write('one,two,');
    cancel.abort();
    const first = (await receiving) ?? (await receiveText(here));
    expect([first, await receiveText(here)]).toEqual(['one', 'two']);
  });

  test('rejects with FramingError once the messages before it were received, and ever after', async () => {
    const { here, peer } = connected();
    await peer.write(`one,two,${'x'.repeat(101)}`);
    expect(await receiveText(here)).toBe('one');
    expect(await receiveText(here)).toBe('two');
    for (let again = 0; again < 2; again++) {
      await expect(here.receive()).rejects.toMatchObject({ name: 'FramingError', code: 'TOO_LARGE' });
    }
  });

  test('rejects with TRUNCATED where the peer closes inside a message', async () => {
    const { here, peer } = connected();
    await peer.write('one,tw');
    await peer.shutdown('write');
    expect(await receiveText(here)).toBe('one');
    await expect(here.receive()).rejects.toMatchObject({ name: 'FramingError', code: 'TRUNCATED' });
  });

  test('rejects with SocketError where the peer resets, after the messages that came before', async () => {
    const { here, peer } = connected();
    await peer.write('one,two,');
    expect(await receiveText(here)).toBe('one');
    peer.abort();
    expect(await receiveText(here)).toBe('two');
    await expect(here.receive()).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });
});

describe('iteration', () => {
  test('ends with the peer', async () => {
    const { here, peer } = connected();
    await peer.write('a,b,c,');
    await peer.shutdown('write');
    const seen: string[] = [];
    for await (const frame of here) seen.push(text(frame));
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('left early, loses nothing and leaves the stream open', async () => {
    const { here, peer } = connected();
    await peer.write('a,b,c,');
    for await (const frame of here) if (text(frame) === 'a') break;
    for await (const frame of here) {
      expect(text(frame)).toBe('b');
      break;
    }
    expect(await receiveText(here)).toBe('c');
    await peer.write('d,');
    expect(await receiveText(here)).toBe('d');
  });

  test('throws FramingError after the good messages', async () => {
    const { here, peer } = connected();
    await peer.write('a,b');
    await peer.shutdown('write');
    const seen: string[] = [];
    await expect(async () => {
      for await (const frame of here) seen.push(text(frame));
    }).rejects.toThrow(FramingError);
    expect(seen).toEqual(['a']);
  });
});

describe('batches', () => {
  async function collect(from: Framed<Uint8Array>): Promise<string[][]> {
    const all: string[][] = [];
    for await (const batch of from.batches()) all.push(batch.map(text));
    return all;
  }

  test('give the messages of each chunk together', async () => {
    const { here, peer } = connected();
    await peer.write('a,b,c');
    await peer.write('d,');
    await peer.write('e');
    await peer.write(',');
    await peer.shutdown('write');
    expect(await collect(here)).toEqual([['a', 'b'], ['cd'], ['e']]);
  });

  test('are no longer than the limit', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma, { batchLimit: 2 });
    await peer.write('a,b,c,d,e,f,');
    await peer.shutdown('write');
    expect(await collect(here)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
  });

  test('are 1,024 long at most by default', async () => {
    const { here, peer } = connected();
    await peer.write(','.repeat(3000));
    await peer.shutdown('write');
    expect((await collect(here)).map((batch) => batch.length)).toEqual([1024, 1024, 952]);
  });

  test.each([0, -1, 1.5, Number.NaN])('a limit of %d is refused', (batchLimit) => {
    const [a] = socketPair();
    expect(() => framed(a, comma, { batchLimit })).toThrow(FramingUsageError);
  });

  test('left early, lose nothing but the batch that was given', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma, { batchLimit: 2 });
    await peer.write('a,b,c,d');
    for await (const batch of here.batches()) {
      expect(batch.map(text)).toEqual(['a', 'b']);
      break;
    }
    expect(await receiveText(here)).toBe('c');
    await peer.write(',');
    expect(await receiveText(here)).toBe('d');
  });

  test('give the good messages first, then throw FramingError', async () => {
    const { here, peer } = connected();
    await peer.write(`a,b,${'x'.repeat(101)}`);
    const batches = here.batches();
    expect(await batches.next()).toEqual({ done: false, value: [utf8('a'), utf8('b')] });
    await expect(batches.next()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('give the messages before a truncated end, then throw TRUNCATED', async () => {
    const { here, peer } = connected();
    await peer.write('a,b');
    await peer.shutdown('write');
    const batches = here.batches();
    expect(await batches.next()).toEqual({ done: false, value: [utf8('a')] });
    await expect(batches.next()).rejects.toMatchObject({ code: 'TRUNCATED' });
  });
});

describe('send', () => {
  test('what is sent in one turn leaves in one write', async () => {
    const { here, peer } = connected();
    const sent = ['a', 'b', 'c'].map((message) => here.send(utf8(message)));
    expect(text((await peer.read()) ?? hex(''))).toBe('a,b,c,');
    await Promise.all(sent);
    await here.send(utf8('d'));
    expect(text((await peer.read()) ?? hex(''))).toBe('d,');
  });

  test('large messages of one turn are written between one cork and one uncork', async () => {
    const [a, peer] = socketPair({ highWaterBytes: 1 << 20 });
    const calls: string[] = [];
    const spied = new Proxy(a, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          calls.push(String(name));
          return Reflect.apply(value, target, args);
        };
      },
    });
    const here = framed(spied, lengthPrefix());
    const large = new Uint8Array(10_000).fill(1);
    void here.send(large);
    await here.send(large);
    expect(calls[0]).toBe('cork');
    expect(calls.at(-1)).toBe('uncork');
    expect(calls.slice(1, -1)).toEqual(Array.from({ length: 4 }, () => 'write'));
    expect((await peer.read())?.length).toBe(20_008);
  });

  test('resolves at once without back-pressure, and when the peer has read with it', async () => {
    const { here, peer } = connected(8);
    await here.send(utf8('small'));
    expect(text((await peer.read()) ?? hex(''))).toBe('small,');
    let resolved = false;
    const sending = here.send(utf8('large enough')).then(() => {
      resolved = true;
    });
    await turn();
    expect(resolved).toBe(false);
    await peer.read();
    await sending;
  });

  test('throws FramingUsageError for what the format cannot carry; the messages around it are sent', async () => {
    const { here, peer } = connected();
    void here.send(utf8('a'));
    expect(() => here.send(utf8('b,c'))).toThrow(FramingUsageError);
    void here.send(utf8('d'));
    await here.end();
    expect(await readAll(peer)).toBe('a,d,');
  });

  test('rejects when the peer is gone, and a send that nobody awaits is harmless', async () => {
    const { here, peer } = connected();
    peer.abort();
    void here.send(utf8('a'));
    await expect(here.send(utf8('b'))).rejects.toMatchObject({ name: 'SocketError' });
    await expect(here.send(utf8('c'))).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('rejects, and does not hang, when the peer goes while it waits', async () => {
    const { here, peer } = connected(8);
    const sending = here.send(utf8('much more than eight'));
    await turn();
    peer.abort();
    await expect(sending).rejects.toMatchObject({ name: 'SocketError' });
  });
});

describe('end', () => {
  test('sends what is queued, then half-closes: answers can still be received', async () => {
    const { here, peer } = connected();
    void here.send(utf8('question'));
    await here.end();
    expect(await readAll(peer)).toBe('question,');
    await peer.write('answer,');
    await peer.shutdown('write');
    expect(await receiveText(here)).toBe('answer');
    expect(await here.receive()).toBeUndefined();
  });

  test('makes a later send reject', async () => {
    const { here } = connected();
    await here.end();
    await expect(here.send(utf8('late'))).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
  });
});

test('random messages, cut at random on the way, all come, in both ways of receiving (model)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }),
      cuts,
      async (messages, sizes) => {
        const [a, b] = socketPair();
        const [c, d] = socketPair();
        const wire = encodeAll(lengthPrefix(), messages);
        for (const stream of [b, d]) {
          for (const piece of cutBy(wire, sizes)) void stream.write(piece);
          void stream.shutdown('write');
        }
        const one: Uint8Array[] = [];
        for await (const frame of framed(a, lengthPrefix())) one.push(frame);
        const other: Uint8Array[] = [];
        for await (const batch of framed(c, lengthPrefix(), { batchLimit: 3 }).batches())
          other.push(...batch);
        expect(one).toEqual(messages);
        expect(other).toEqual(messages);
      },
    ),
  );
});

test('both ends may be framed, and talk', async () => {
  const [a, b] = socketPair();
  const client = framed(a, lengthPrefix({ bytes: 'varint' }));
  const server = framed(b, lengthPrefix({ bytes: 'varint' }));
  const serving = (async () => {
    for await (const frame of server) await server.send(utf8(text(frame).toUpperCase()));
    await server.end();
  })();
  for (const word of ['one', 'two']) {
    await client.send(utf8(word));
    expect(await receiveText(client)).toBe(word.toUpperCase());
  }
  await client.end();
  expect(await client.receive()).toBeUndefined();
  await serving;
});
