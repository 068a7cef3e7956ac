import { bind, listen, SocketError } from '@wirestack/socket';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encode, query, respond, type Message } from '../../src/message/index.ts';
import { exchange, type IgnoredReason } from '../../src/resolver/index.ts';
import { answer, scriptedServer } from './scripted-server.ts';

const asked = query('www.example.com', 'A', { id: 0x1234 });
const right = 'www.example.com. 60 IN A 192.0.2.1';
const wrong = 'www.example.com. 60 IN A 203.0.113.66';
const rightAnswer = { answers: [{ data: { address: '192.0.2.1' } }] };

/** Each with what a resolver must say of it. */
const hostile: readonly (readonly [
  name: string,
  reason: IgnoredReason,
  make: (query: Message) => Message | Uint8Array,
])[] = [
  ['with QR clear', 'NOT_A_RESPONSE', (query) => ({ ...answer(query, wrong), isResponse: false })],
  ['that is a NOTIFY', 'NOT_A_RESPONSE', (query) => ({ ...answer(query, wrong), opcode: 'NOTIFY' })],
  ['with the id below', 'WRONG_ID', (query) => ({ ...answer(query, wrong), id: query.id - 1 })],
  ['with the id 0', 'WRONG_ID', (query) => ({ ...answer(query, wrong), id: 0 })],
  ['to another name', 'WRONG_QUESTION', (query) => reask(query, 'example.com', 'A')],
  ['to another type', 'WRONG_QUESTION', (query) => reask(query, 'www.example.com', 'AAAA')],
  ['without a question', 'WRONG_QUESTION', (query) => ({ ...answer(query, wrong), questions: [] })],
  [
    'with two',
    'WRONG_QUESTION',
    (query) => ({ ...answer(query, wrong), questions: [...query.questions, ...query.questions] }),
  ],
  ['of no bytes', 'BAD_FORMAT', () => Uint8Array.of()],
  ['cut in the middle', 'BAD_FORMAT', (query) => encode(answer(query, wrong)).subarray(0, -1)],
  ['with more behind it', 'BAD_FORMAT', (query) => Uint8Array.of(...encode(answer(query, wrong)), 0)],
  ['with a pointer loop', 'BAD_FORMAT', (query) => withOwner(query, 0xc0, 'itself')],
  ['with a pointer forward', 'BAD_FORMAT', (query) => withOwner(query, 0xc0, 'forward')],
  [
    'with counts that lie',
    'BAD_FORMAT',
    (query) => {
      const bytes = encode(answer(query, wrong)).slice();
      bytes.set([0xff, 0xff], 6);
      return bytes;
    },
  ],
  [
    'with an RDLENGTH that lies',
    'BAD_FORMAT',
    (query) => {
      const bytes = encode(answer({ ...query, edns: undefined }, wrong)).slice();
      bytes[bytes.length - 5] = 5;
      return bytes;
    },
  ],
];

describe.each(['udp', 'tcp'] as const)('exchange over %s', (via) => {
  it.each(hostile)('ignores a reply %s, and takes the right one', async (_, reason, make) => {
    const server = await scriptedServer(({ query }) => [make(query), answer(query, right)]);
    const ignored: unknown[] = [];
    const onIgnored = (why: IgnoredReason, from: unknown): void => void ignored.push([why, from]);
    expect(await exchange(asked, server.address, via, { onIgnored })).toMatchObject(rightAnswer);
    expect(ignored).toEqual([[reason, server.address]]);
    expect(server.asked.map((entry) => [entry.via, entry.query])).toEqual([[via, asked]]);
  });

  it('rejects TIMED_OUT where the server keeps silent, and lets go of its socket', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await scriptedServer(() => {
      vi.advanceTimersByTime(5000);
      return [];
    });
    await expect(exchange(asked, server.address, via, { timeoutMs: 5000 })).rejects.toMatchObject({
      name: 'SocketError',
      code: 'TIMED_OUT',
    });
    expect(vi.getTimerCount()).toBe(0);
    await isReleased(server.asked[0], server.streams);
  });

  it('rejects ABORTED for a signal that has fired, and sends nothing', async () => {
    const server = await scriptedServer(({ query }) => [answer(query, right)]);
    const signal = AbortSignal.abort('never mind');
    await expect(exchange(asked, server.address, via, { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'never mind',
    });
    // What was sent before this would have come before it.
    await exchange(asked, server.address, via, {});
    expect(server.asked).toHaveLength(1);
  });

  it('aborted while it opens its socket rejects ABORTED', async () => {
    const server = await scriptedServer(() => []);
    const controller = new AbortController();
    const pending = exchange(asked, server.address, via, { signal: controller.signal });
    controller.abort('never mind');
    await expect(pending).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    expect(server.asked).toHaveLength(0);
  });

  it('aborted while it waits rejects ABORTED, and lets go of its socket', async () => {
    const controller = new AbortController();
    const server = await scriptedServer(() => {
      controller.abort('never mind');
      return [];
    });
    const pending = exchange(asked, server.address, via, { signal: controller.signal });
    await expect(pending).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    await isReleased(server.asked[0], server.streams);
  });

  it('lets go of its socket once it has the reply', async () => {
    const server = await scriptedServer(({ query }) => [answer(query, right)]);
    await exchange(asked, server.address, via, {});
    await isReleased(server.asked[0], server.streams);
  });

  it('rejects REFUSED at once where nobody listens', async () => {
    const listener = await listen('127.0.0.1:0');
    const { port } = listener.address as { port: number };
    await listener.close();
    await expect(exchange(asked, { host: '127.0.0.1', port }, via, {})).rejects.toMatchObject({
      code: 'REFUSED',
    });
  });

  it('tells a right question in other letters only where it is asked to', async () => {
    const mixed = query('wWw.eXample.com', 'A', { id: 7 });
    const flat = query('www.example.com', 'A', { id: 7 });
    const server = await scriptedServer(() => [answer(flat, wrong), answer(mixed, right)]);
    expect(await exchange(mixed, server.address, via, { exactCase: true })).toMatchObject(rightAnswer);
    expect(await exchange(mixed, server.address, via, {})).not.toMatchObject(rightAnswer);
  });
});

describe('exchange over udp', () => {
  it('takes nothing from another address or port', async () => {
    const forger = await bind('127.0.0.1:0');
    const other = await bind('127.0.0.2:0');
    onTestFinished(async () => {
      await Promise.all([forger.close(), other.close()]);
    });
    const server = await scriptedServer(async ({ query, from }) => {
      await forger.send(encode(answer(query, wrong)), from);
      await other.send(encode(answer(query, wrong)), from);
      return [answer(query, right)];
    });
    expect(await exchange(asked, server.address, 'udp', {})).toMatchObject(rightAnswer);
  });

  it('has a port of its own for each query', async () => {
    const server = await scriptedServer(({ query, index }) => (index === 7 ? [answer(query, right)] : []));
    const controller = new AbortController();
    const silent = Array.from({ length: 7 }, () =>
      exchange(asked, server.address, 'udp', { signal: controller.signal }),
    );
    await Promise.any([...silent, exchange(asked, server.address, 'udp', {})]);
    controller.abort();
    await Promise.allSettled(silent);
    expect(new Set(server.asked.map(({ from }) => from.port)).size).toBe(8);
  });

  it('gives up UDP after 21 forged replies: the answer is then fetched over TCP', async () => {
    const server = await scriptedServer(({ query }) => [
      ...Array.from({ length: 21 }, (_, index) => ({ ...answer(query, wrong), id: index })),
      answer(query, wrong),
    ]);
    expect(await exchange(asked, server.address, 'udp', {})).toEqual(respond(asked, { isTruncated: true }));
    const patient = await scriptedServer(({ query }) => [
      ...Array.from({ length: 20 }, (_, index) => ({ ...answer(query, wrong), id: index })),
      answer(query, right),
    ]);
    expect(await exchange(asked, patient.address, 'udp', {})).toMatchObject(rightAnswer);
  });

  it('asks over IPv6', async () => {
    const server = await bind('[::1]:0');
    onTestFinished(() => server.close());
    const { port } = server.localAddress as { port: number };
    const pending = exchange(asked, { host: '0:0:0:0:0:0:0:1', port }, 'udp', {});
    await server.send(encode(answer(asked, right)), (await server.receive()).from);
    expect(await pending).toMatchObject(rightAnswer);
  });
});

describe('exchange over tcp', () => {
  it('takes the reply in pieces of any size', async () => {
    const bytes = encode(answer(asked, right));
    const wire = Uint8Array.of(bytes.length >> 8, bytes.length & 0xff, ...bytes);
    for (let cut = 1; cut < wire.length; cut++) {
      const listener = await listen('127.0.0.1:0');
      const pending = exchange(asked, listener.address as never, 'tcp', {});
      const stream = await listener.accept();
      await stream.read();
      await stream.write(wire.subarray(0, cut));
      await stream.write(wire.subarray(cut));
      expect(await pending).toMatchObject(rightAnswer);
      stream.abort();
      await listener.close();
    }
  });

  it.each([
    ['nothing', 0],
    ['half a length', 1],
    ['half a message', 20],
  ])('rejects where the server closes after %s', async (_, length) => {
    const bytes = encode(answer(asked, right));
    const listener = await listen('127.0.0.1:0');
    onTestFinished(() => listener.close());
    const pending = exchange(asked, listener.address as never, 'tcp', {});
    const stream = await listener.accept();
    await stream.read();
    await stream.write(Uint8Array.of(0, bytes.length, ...bytes).subarray(0, length));
    await Promise.all([
      stream.close(),
      expect(pending).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' }),
    ]);
  });

  it('aborted in the middle of a reply rejects ABORTED and closes the connection', async () => {
    const listener = await listen('127.0.0.1:0');
    onTestFinished(() => listener.close());
    const controller = new AbortController();
    const pending = exchange(asked, listener.address as never, 'tcp', { signal: controller.signal });
    const stream = await listener.accept();
    await stream.read();
    await stream.write(Uint8Array.of(0));
    controller.abort('never mind');
    await expect(pending).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    // Without an end of its own the stream would stay open.
    await stream.closed.catch(() => undefined);
    await expect(stream.read()).rejects.toMatchObject({ code: 'RESET' });
  });
});

function reask(query: Message, name: string, type: 'A' | 'AAAA'): Message {
  return {
    ...answer(query, wrong),
    questions: [{ ...query.questions[0]!, ...{ name: asName(name), type } }],
  };
}

function asName(name: string): Message['questions'][number]['name'] {
  return query(name, 'A', { id: 0 }).questions[0]!.name;
}

/** The answer's owner name made a pointer to itself, or to the bytes behind it. */
function withOwner(query: Message, pointer: number, where: 'itself' | 'forward'): Uint8Array {
  const bytes = encode(answer(query, wrong)).slice();
  const owner = encode(respond({ ...query, edns: undefined })).length;
  bytes.set([pointer, owner + (where === 'itself' ? 0 : 2)], owner);
  return bytes;
}

/** Over UDP the client's port is free again; over TCP its connection is over. */
async function isReleased(
  asked: { readonly via: string; readonly from: { readonly port: number } } | undefined,
  streams: readonly { readonly closed: Promise<void>; read(): Promise<Uint8Array | undefined> }[],
): Promise<void> {
  if (asked?.via === 'udp') {
    await (await bind({ host: '127.0.0.1', port: asked.from.port })).close();
    return;
  }
  for (const stream of streams)
    await stream.closed.catch((error: unknown) => expect(error).toBeInstanceOf(SocketError));
  expect(streams).toHaveLength(1);
}
