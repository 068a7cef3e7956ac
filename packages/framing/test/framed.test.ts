import { setImmediate as turn } from 'node:timers/promises';
import { socketPair, type ByteStream } from '@wirestack/socket';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chain,
  delimiter,
  encodeAll,
  framed,
  FramingError,
  FramingUsageError,
  json,
  lengthPrefix,
  untilClose,
  utf8 as utf8Text,
  type Codec,
  type Framed,
} from '../src/index.ts';
import { cutBy, cuts, hex, text, utf8 } from './bytes.ts';

const comma = delimiter(',', { maxBytes: 100 });
const lines = chain(delimiter('\n'), utf8Text());

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

describe('take', () => {
  test('gives what is here without waiting, and undefined where receive() would wait', async () => {
    const { here, peer } = connected();
    expect(here.take()).toBeUndefined();
    await peer.write('a,b,c');
    expect(await receiveText(here)).toBe('a');
    expect(text(here.take()!)).toBe('b');
    expect(here.take()).toBeUndefined();
    await peer.write(',');
    expect(await receiveText(here)).toBe('c');
  });

  test('throws FramingError as receive() rejects', async () => {
    const { here, peer } = connected();
    await peer.write(`a,${'x'.repeat(101)}`);
    await here.receive();
    expect(() => here.take()).toThrow(FramingError);
    expect(() => here.take()).toThrow(FramingError);
  });
});

describe('a deadline', () => {
  test('of receive() is for the whole message: crumbs of one do not prolong it', async () => {
    const { here, peer } = connected();
    let over = false;
    const crumbs = (async () => {
      while (!over) {
        await peer.write('x');
        await turn();
      }
    })();
    await expect(here.receive({ timeoutMs: 20 })).rejects.toMatchObject({
      name: expect.stringMatching(/^(SocketError|FramingError)$/) as string,
      code: expect.stringMatching(/^(TIMED_OUT|TOO_LARGE)$/) as string,
    });
    over = true;
    await crumbs;
  });

  test('that is no duration is refused by the stream', async () => {
    const { here } = connected();
    await expect(here.receive({ timeoutMs: -1 })).rejects.toMatchObject({ name: 'SocketUsageError' });
  });

  const loops: [
    string,
    (from: Framed<Uint8Array>, options: { signal: AbortSignal }) => AsyncIterable<string>,
  ][] = [
    [
      'messages()',
      async function* (from, options) {
        for await (const message of from.messages(options)) yield text(message);
      },
    ],
    [
      'batches()',
      async function* (from, options) {
        for await (const batch of from.batches(options)) yield batch.map(text).join();
      },
    ],
  ];

  test.each(loops)('of %s ends the loop while it waits, and loses nothing', async (_, loop) => {
    const { here, peer } = connected();
    const cancel = new AbortController();
    const seen: string[] = [];
    const looping = (async () => {
      for await (const one of loop(here, { signal: cancel.signal })) seen.push(one);
    })();
    await peer.write('a,');
    await peer.write('b');
    await turn();
    cancel.abort(new Error('enough'));
    await expect(looping).rejects.toMatchObject({
      name: 'SocketError',
      code: 'ABORTED',
      cause: new Error('enough'),
    });
    expect(seen).toEqual(['a']);
    await peer.write('c,');
    expect(await receiveText(here)).toBe('bc');
  });

  test.each(loops)('of %s ends the loop though there is always more, and loses nothing', async (_, loop) => {
    const [a, peer] = socketPair();
    const here = framed(a, comma, { batchLimit: 1 });
    await peer.write('a,b,c,');
    const cancel = new AbortController();
    const seen: string[] = [];
    await expect(async () => {
      for await (const one of loop(here, { signal: cancel.signal })) {
        seen.push(one);
        if (one === 'b') cancel.abort();
      }
    }).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen).toEqual(['a', 'b']);
    expect(await receiveText(here)).toBe('c');
  });

  test('is each message’s own, and each batch’s', async () => {
    const { here, peer } = connected();
    await peer.write('a,');
    const messages = here.messages({ timeoutMs: 1 });
    expect(text((await messages.next()).value!)).toBe('a');
    await expect(messages.next()).rejects.toMatchObject({ name: 'SocketError', code: 'TIMED_OUT' });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    const batches = here.batches({ timeoutMs: 1 });
    await peer.write('b,');
    expect((await batches.next()).value!.map(text)).toEqual(['b']);
    await expect(batches.next()).rejects.toMatchObject({ name: 'SocketError', code: 'TIMED_OUT' });
  });
});

describe('iteration', () => {
  test('asked for several at once, answers in the order of the asking', async () => {
    const { here, peer } = connected();
    const messages = here.messages();
    const asked = Array.from({ length: 5 }, () => messages.next());
    await peer.write('a,b,c,');
    await peer.write('d,');
    await peer.shutdown('write');
    const got = (await Promise.all(asked)).map(({ value }) => value && text(value));
    expect(got).toEqual(['a', 'b', 'c', 'd', undefined]);
  });

  test('asked again while the next but one is waited for, keeps the order', async () => {
    const { here, peer } = connected();
    const messages = here.messages();
    const [first, second] = [messages.next(), messages.next()];
    await peer.write('a,');
    expect(text((await first).value!)).toBe('a');
    const third = messages.next();
    await peer.write('b,c,');
    expect(text((await second).value!)).toBe('b');
    expect(text((await third).value!)).toBe('c');
  });

  test('takes null and other empty values for messages, as formats that have them do', async () => {
    const [a, peer] = socketPair();
    const values = [null, false, 0, ''];
    const codec = chain(lines, json({ text: true }));
    await peer.write(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    await peer.shutdown('write');
    const seen: unknown[] = [];
    for await (const value of framed(a, codec)) seen.push(value);
    expect(seen).toEqual(values);
  });

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

describe('sendAll', () => {
  test('sends many in one write, together with the other messages of the turn', async () => {
    const { here, peer } = connected();
    void here.send(utf8('a'));
    await here.sendAll(['b', 'c'].map(utf8));
    expect(text((await peer.read()) ?? hex(''))).toBe('a,b,c,');
    await here.sendAll([]);
    await here.sendAll(new Set([utf8('d')]));
    expect(text((await peer.read()) ?? hex(''))).toBe('d,');
  });

  test('sends those before one that the format cannot carry, and throws', async () => {
    const { here, peer } = connected();
    expect(() => here.sendAll(['a', 'b', 'c,d', 'e'].map(utf8))).toThrow(FramingUsageError);
    expect(text((await peer.read()) ?? hex(''))).toBe('a,b,');
  });

  test('waits for a peer that does not read', async () => {
    const { here, peer } = connected(8);
    const sending = here.sendAll(['more', 'than', 'eight'].map(utf8));
    await turn();
    expect(here.stream.needsDrain).toBe(true);
    await peer.read();
    await sending;
  });
});

describe('send with a deadline', () => {
  test('leaves in one write with the rest of the turn, in order', async () => {
    const { here, peer } = connected();
    const sent = [
      here.send(utf8('a')),
      here.send(utf8('b'), { timeoutMs: 60_000 }),
      here.send(utf8('c')),
      here.sendAll([utf8('d'), utf8('e')], { signal: new AbortController().signal }),
    ];
    expect(text((await peer.read()) ?? hex(''))).toBe('a,b,c,d,e,');
    await Promise.all(sent);
  });

  test('aborts the stream when the peer does not read in time: half a message cannot be called back', async () => {
    for (const [options, code] of [
      [{ timeoutMs: 1 }, 'TIMED_OUT'],
      [{ signal: AbortSignal.timeout(1) }, 'ABORTED'],
    ] as const) {
      const { here, peer } = connected(8);
      const other = here.send(utf8('of the same turn'));
      await expect(here.send(utf8('more than eight'), options)).rejects.toMatchObject({
        name: 'SocketError',
        code,
      });
      await expect(other).rejects.toMatchObject({ name: 'SocketError' });
      await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });
    }
  });

  test('resolves within it, and leaves nothing behind', async () => {
    const { here, peer } = connected(8);
    const cancel = new AbortController();
    const sending = here.send(utf8('more than eight'), { signal: cancel.signal, timeoutMs: 60_000 });
    await peer.read();
    await sending;
    await turn();
    cancel.abort();
    await here.send(utf8('d'));
    expect(text((await peer.read()) ?? hex(''))).toBe('d,');
  });
});

describe('switchTo', () => {
  test('gives the bytes not yet decoded to the new codec, however they were cut', async () => {
    const wire = 'hello,go,\x00\x01a\x00\x02bc';
    for (let cut = 0; cut <= wire.length; cut++) {
      const [a, peer] = socketPair();
      const before = framed(a, comma);
      void peer.write(wire.slice(0, cut));
      void peer.write(wire.slice(cut));
      void peer.shutdown('write');
      expect(await receiveText(before)).toBe('hello');
      expect(await receiveText(before)).toBe('go');
      const after = before.switchTo(lengthPrefix({ bytes: 2 }));
      expect(await receiveText(after)).toBe('a');
      expect(await receiveText(after)).toBe('bc');
      expect(await after.receive()).toBeUndefined();
    }
  });

  test('what was sent before leaves before', async () => {
    const { here, peer } = connected();
    const before = here.send(utf8('go'));
    const after = here.switchTo(lengthPrefix({ bytes: 1 }));
    await after.send(utf8('x'));
    await before;
    await after.end();
    expect(await readAll(peer)).toBe('go,\x01x');
  });

  test('what was sent before leaves before what has a deadline, too', async () => {
    const { here, peer } = connected();
    void here.send(utf8('go'));
    await here.switchTo(lengthPrefix({ bytes: 1 })).send(utf8('x'), { timeoutMs: 60_000 });
    await peer.read().then((bytes) => {
      expect(text(bytes!)).toBe('go,');
    });
    expect(text((await peer.read())!)).toBe('\x01x');
  });

  test('inside a loop, after the last message of the old format', async () => {
    const { here, peer } = connected();
    await peer.write('a,go,\x01b');
    for await (const message of here) if (text(message) === 'go') break;
    expect(await receiveText(here.switchTo(lengthPrefix({ bytes: 1 })))).toBe('b');
  });

  test('is refused while somebody waits for a message or an answer, late ones included', async () => {
    const { here, peer } = connected();
    const receiving = here.receive();
    expect(() => here.switchTo(lengthPrefix())).toThrow(FramingUsageError);
    await peer.write('a,');
    await receiving;
    const cancel = new AbortController();
    const asking = here.request(utf8('q'), { signal: cancel.signal });
    expect(() => here.switchTo(lengthPrefix())).toThrow(FramingUsageError);
    cancel.abort();
    await expect(asking).rejects.toMatchObject({ code: 'ABORTED' });
    await turn();
    expect(() => here.switchTo(lengthPrefix())).toThrow('given up');
    await peer.write('late,b,');
    expect(await receiveText(here)).toBe('b');
    here.switchTo(lengthPrefix());
  });

  test('leaves the old one without use: every call of it is refused', async () => {
    const { here } = connected();
    here.switchTo(lengthPrefix());
    const used = 'switchTo() was called';
    expect(() => here.take()).toThrow(used);
    expect(() => here.send(utf8('a'))).toThrow(used);
    expect(() => here.sendAll([])).toThrow(used);
    expect(() => here.switchTo(comma)).toThrow(used);
    expect(() => here.close()).toThrow(used);
    await expect(here.receive()).rejects.toThrow(used);
    await expect(here.request(utf8('a'))).rejects.toThrow(used);
    await expect(here.batches().next()).rejects.toThrow(used);
    await expect(here.end()).rejects.toThrow(used);
  });

  test('is refused where the decoder holds bytes and cannot give them up; without bytes it need not', async () => {
    const unyielding: Codec<Uint8Array> = {
      name: 'unyielding',
      decoder: () => {
        const inner = comma.decoder();
        return {
          push: (chunk) => {
            inner.push(chunk);
          },
          next: () => inner.next(),
          end: () => inner.end(),
          get bufferedBytes() {
            return inner.bufferedBytes;
          },
        };
      },
      encoder: () => comma.encoder(),
    };
    const [a, peer] = socketPair();
    const here = framed(a, unyielding);
    await peer.write('a,b');
    expect(await receiveText(here)).toBe('a');
    expect(() => here.switchTo(comma)).toThrow('rest()');
    await peer.write(',');
    expect(await receiveText(here)).toBe('b');
    await peer.write('c,');
    expect(await receiveText(here.switchTo(comma))).toBe('c');
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
