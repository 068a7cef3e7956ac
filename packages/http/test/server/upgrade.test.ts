import { expect, test } from 'vitest';
import type { ByteReceiver, ByteStream } from '@wirestack/socket';
import type { Handler, HttpResponse } from '@wirestack/http';
import { gate, serving, standstill, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

type Taker = NonNullable<HttpResponse['upgrade']>;

/** Takes every wish for another protocol, in the way that the request asks for it. */
const taking =
  (upgrade: Taker): Handler =>
  ({ method, wantsUpgrade }) => {
    if (!wantsUpgrade) return { status: 200, body: 'no wish' };
    if (method === 'CONNECT') return { status: 200, upgrade };
    return { status: 101, headers: [['Upgrade', 'echo']], upgrade };
  };

const wish = get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n');
const tunnel = 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n';
const heads: Record<string, RegExp> = {
  [wish]: /^HTTP\/1\.1 101 Switching Protocols\r\n(Upgrade: echo\r\n|Connection: [Uu]pgrade\r\n){2}\r\n$/,
  [tunnel]: /^HTTP\/1\.1 200 OK\r\nDate: .*\r\n\r\n$/,
};

/** Three ways to read what a stream brings, each answers with it in capitals, and ends when it ends. */
const echoes: Record<string, Taker> = {
  async read(stream) {
    for (let chunk; (chunk = await stream.read()) !== undefined;) await stream.write(capitals(chunk));
  },
  async 'for await'(stream) {
    for await (const chunk of stream) await stream.write(capitals(chunk));
  },
  attach: (stream) =>
    new Promise<void>((resolve) => {
      const receiver: ByteReceiver = {
        data: (chunk) => void stream.write(capitals(chunk)),
        end: resolve,
        closed: () => undefined,
        drain: () => undefined,
      };
      stream.attach(receiver);
    }),
};

function capitals(chunk: Uint8Array): string {
  return Buffer.from(chunk).toString('latin1').toUpperCase();
}

async function headOf(peer: { take(length: number): Promise<string> }): Promise<string> {
  let head = '';
  while (!head.endsWith('\r\n\r\n')) head += await peer.take(1);
  return head;
}

const ways = Object.keys(echoes).flatMap((how) => [
  [how, 'Upgrade', wish] as const,
  [how, 'CONNECT', tunnel] as const,
]);

test.each(ways)(
  '%s on the stream of %s: what stands behind the head comes first',
  async (how, _name, request) => {
    const { client } = await serving(taking(echoes[how] as Taker));
    const bytes = `${request}early `;
    for (let cut = 1; cut <= bytes.length; cut++) {
      const peer = await client();
      await peer.send(bytes.slice(0, cut));
      await standstill(() => 0);
      await peer.send(bytes.slice(cut));
      expect(await headOf(peer)).toMatch(heads[request] as RegExp);
      await peer.send('late');
      await peer.stream.shutdown('write');
      expect(await peer.rest()).toBe('EARLY LATE');
    }
  },
);

test.each(Object.keys(echoes))('%s: half a megabyte behind the head, in one go', async (how) => {
  const { client } = await serving(taking(echoes[how] as Taker));
  const peer = await client();
  void peer.send(wish + 'abcdefgh'.repeat(65_536));
  await headOf(peer);
  expect(await peer.take(524_288)).toBe('ABCDEFGH'.repeat(65_536));
  await peer.stream.close();
});

test('a handler that answers in a later turn, or had to read a body before', async () => {
  for (const request of [wish, post('body', 'Connection: upgrade\r\nUpgrade: echo\r\n')]) {
    const { client } = await serving(async (received) => {
      const body = await received.text();
      await standstill(() => 0);
      return {
        status: 101,
        headers: [['Upgrade', 'echo']],
        upgrade: async (stream) => {
          await stream.write(`${body}|`);
          await echoes['read']?.(stream);
        },
      };
    });
    for (const cut of [request.length - 2, request.length, request.length + 2]) {
      const peer = await client();
      const bytes = `${request}early`;
      await peer.send(bytes.slice(0, cut));
      await standstill(() => 0);
      await peer.send(bytes.slice(cut));
      await peer.stream.shutdown('write');
      await headOf(peer);
      expect(await peer.rest()).toBe(request === wish ? '|EARLY' : 'body|EARLY');
    }
  }
});

test('the answer that upgrades waits for its turn, and for the end of the request, wherever reading had to stop', async () => {
  // The 128th request of a turn is where the reader lets others have theirs: between a head and its end.
  for (let before = 120; before < 136; before++) {
    const { client } = await serving(taking(echoes['read'] as Taker));
    const peer = await client();
    await peer.send(`${get().repeat(before)}${wish}early`);
    const answers = await peer.answers(before);
    expect(answers.every(({ status, body }) => status === 200 && body === 'no wish')).toBe(true);
    expect(await headOf(peer)).toContain(' 101 ');
    await peer.stream.shutdown('write');
    expect(await peer.rest()).toBe('EARLY');
  }
});

test('requests before it are answered first, the slow and the streamed ones too', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    if (request.wantsUpgrade) return taking(echoes['read'] as Taker)(request);
    if (request.path === '/slow') await opened;
    return { status: 200, body: request.path === '/pieces' ? ['one ', 'two'] : request.path };
  });
  const peer = await client();
  await peer.send(`${get('/slow')}${get('/pieces')}${get('/last')}${wish}early`);
  await turnsUntil(() => server.stats.requests === 4);
  await standstill(() => 0);
  open();
  expect((await peer.answers(3)).map(({ body }) => body)).toEqual(['/slow', 'one two', '/last']);
  expect(await headOf(peer)).toContain(' 101 ');
  await peer.stream.shutdown('write');
  expect(await peer.rest()).toBe('EARLY');
});

test('a request that may not be worked on beside others upgrades when its turn comes', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    if (request.wantsUpgrade) return taking(echoes['read'] as Taker)(request);
    await opened;
    return { status: 200, body: 'first' };
  });
  const peer = await client();
  await peer.send(`${get()}${tunnel}early`);
  await turnsUntil(() => server.stats.requests === 1);
  await standstill(() => 0);
  expect(server.stats.requests).toBe(1);
  open();
  expect((await peer.answer()).body).toBe('first');
  expect(await headOf(peer)).toMatch(heads[tunnel] as RegExp);
  await peer.stream.shutdown('write');
  expect(await peer.rest()).toBe('EARLY');
});

test('the client ends its half with the request: the stream brings what came, and its end', async () => {
  for (const [how, echo] of Object.entries(echoes)) {
    const { client } = await serving(taking(echo));
    const peer = await client();
    await peer.send(`${wish}all there is`);
    await peer.stream.shutdown('write');
    await headOf(peer);
    expect([how, await peer.rest()]).toEqual([how, 'ALL THERE IS']);
  }
});

test('the client ends its half while the answer is thought over: nothing is lost', async () => {
  const { opened, open } = gate();
  const { client, server } = await serving(async (request) => {
    await opened;
    return taking(echoes['attach'] as Taker)(request);
  });
  const peer = await client();
  await peer.send(`${wish}all there is`);
  await peer.stream.shutdown('write');
  await turnsUntil(() => server.stats.requests === 1);
  await standstill(() => 0);
  open();
  await headOf(peer);
  expect(await peer.rest()).toBe('ALL THERE IS');
});

test('the server may end its half first, and read on', async () => {
  let heard = '';
  const { opened, open } = gate();
  const { client } = await serving(
    taking(async (stream: ByteStream) => {
      await stream.write('bye');
      await stream.shutdown('write');
      for await (const chunk of stream) heard += Buffer.from(chunk).toString('latin1');
      open();
    }),
  );
  const peer = await client();
  await peer.send(wish);
  await headOf(peer);
  expect(await peer.rest()).toBe('bye');
  await peer.send('and you?');
  await peer.stream.shutdown('write');
  await opened;
  expect(heard).toBe('and you?');
});

test('1xx, fields and reason of the answer that upgrades are sent as they are given', async () => {
  const { client } = await serving((request) => {
    request.informational(103, [['Link', '</a>']]);
    return {
      status: 101,
      reason: 'Go',
      headers: [
        ['Upgrade', 'echo/2'],
        ['X-Way', 'on'],
      ],
      upgrade: async (stream) => stream.write('!'),
    };
  });
  const peer = await client();
  await peer.send(wish);
  expect((await peer.answer()).status).toBe(103);
  const head = await headOf(peer);
  expect(head).toMatch(/^HTTP\/1\.1 101 Go\r\n/);
  expect(field(head, 'Upgrade')).toBe('echo/2');
  expect(field(head, 'Connection')?.toLowerCase()).toBe('upgrade');
  expect(field(head, 'X-Way')).toBe('on');
  expect(await peer.rest()).toBe('!');
});
