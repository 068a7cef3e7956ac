import { describe, expect, test } from 'vitest';
import type { Handler } from '@wirestack/http';
import { gate, ManualClock, serving, standstill, turnsUntil, type Served } from './harness.ts';
import { field, get, type RawClient } from './raw-client.ts';

const length = 1_000_000;
const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(length)}\r\n\r\n`;
const reading: Handler = async (request) => ({ status: 200, body: String((await request.bytes()).length) });

/** `bytes` each second until the server has had enough, or `seconds` are over: after how many that was. */
async function trickle(
  { server }: Served,
  clock: ManualClock,
  peer: RawClient,
  bytes: number,
  seconds: number,
): Promise<number> {
  await standstill(() => 0);
  for (let second = 1; second <= seconds; second++) {
    await peer.send('x'.repeat(bytes));
    await standstill(() => 0);
    clock.pass(1);
    // The answer is out at the end of the turn, and then the connection is over for the client.
    await standstill(() => server.stats.connections);
    if (ended.has(peer)) return second;
  }
  return seconds;
}

/** Peers that were answered: read in the background, for they would not look by themselves. */
const ended = new Set<RawClient>();

function watch(peer: RawClient): Promise<{ status: number; head: string }> {
  const answer = peer.answer();
  answer.then(
    () => ended.add(peer),
    () => ended.add(peer),
  );
  return answer;
}

async function upload(served: Served, request = head): Promise<RawClient> {
  const peer = await served.client();
  const { requests } = served.server.stats;
  await peer.send(request);
  await turnsUntil(() => served.server.stats.requests === requests + 1);
  return peer;
}

describe('a body that trickles', () => {
  test.each([
    // Bytes a second, options, and when n seconds are too many: (n - bodyTimeout) * rate > n * bytes.
    [1, {}, 31],
    [120, {}, 61],
    [200, {}, 181],
    [1, { bodyTimeoutMs: 5000 }, 6],
    [50, { bodyTimeoutMs: 10_000, minBodyBytesPerSecond: 100 }, 21],
  ])('%i bytes a second with %j: 408 after %i s', async (bytes, options, seconds) => {
    const clock = new ManualClock();
    const served = await serving(
      async (request) => {
        await expect(request.bytes()).rejects.toMatchObject({ code: 'BODY_TIMEOUT' });
        return { status: 200 };
      },
      { clock, ...options },
    );
    const peer = await upload(served);
    const answer = watch(peer);
    expect(await trickle(served, clock, peer, bytes, seconds + 10)).toBe(seconds);
    const { status, head: answered } = await answer;
    expect(status).toBe(408);
    expect(field(answered, 'Connection')).toBe('close');
  });

  test.each([
    ['just as fast as it has to be', 240, {}],
    ['with the rate switched off', 1, { minBodyBytesPerSecond: 0 }],
  ])('%s: it lives', async (_name, bytes, options) => {
    const clock = new ManualClock();
    const served = await serving(reading, { clock, ...options });
    const peer = await upload(served);
    const answer = watch(peer);
    expect(await trickle(served, clock, peer, bytes, 150)).toBe(150);
    expect(ended.has(peer)).toBe(false);
    await peer.send('x'.repeat(length - 150 * bytes));
    expect(await answer).toMatchObject({ status: 200, body: String(length) });
  });

  test('what came fast in the beginning is credit', async () => {
    const clock = new ManualClock();
    const served = await serving(reading, { clock });
    const peer = await upload(served, `${head}${'x'.repeat(240 * 60)}`);
    const answer = watch(peer);
    // 60 s for what is there, 30 s for all, and for each byte its part.
    expect(await trickle(served, clock, peer, 1, 120)).toBe(91);
    expect((await answer).status).toBe(408);
  });

  test('in chunks: what frames them does not count', async () => {
    const clock = new ManualClock();
    const served = await serving(reading, { clock });
    const peer = await upload(served, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const answer = watch(peer);
    let seconds = 0;
    while (!ended.has(peer)) {
      await peer.send(`1;${'e'.repeat(300)}\r\nx\r\n`);
      await standstill(() => 0);
      clock.pass(1);
      seconds++;
      await standstill(() => 0);
    }
    expect((await answer).status).not.toBe(200);
    expect(seconds).toBeLessThanOrEqual(31);
  });

  test('the time that its handler does not read a full one does not count', async () => {
    const clock = new ManualClock();
    const { opened, open } = gate();
    const served = await serving(
      async (request) => {
        await opened;
        return reading(request);
      },
      { clock },
    );
    const peer = await upload(served, `${head}${'x'.repeat(500_000)}`);
    const answer = watch(peer);
    await standstill(() => 0);
    clock.pass(100_000);
    open();
    await standstill(() => 0);
    clock.pass(29);
    expect(ended.has(peer)).toBe(false);
    await peer.send('x'.repeat(500_000));
    expect(await answer).toMatchObject({ status: 200, body: String(length) });
  });

  test('the time before 100 Continue does not count', async () => {
    const clock = new ManualClock();
    const { opened, open } = gate();
    const served = await serving(
      async (request) => {
        await opened;
        return reading(request);
      },
      { clock },
    );
    const peer = await upload(served, head.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
    clock.pass(100_000);
    open();
    expect((await peer.answer()).status).toBe(100);
    clock.pass(29);
    await peer.send('x'.repeat(length));
    expect(await peer.answer()).toMatchObject({ status: 200, body: String(length) });
  });

  test('the next body has its own time', async () => {
    const clock = new ManualClock();
    const served = await serving(reading, { clock });
    const peer = await served.client();
    for (let i = 0; i < 4; i++) {
      await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx');
      await turnsUntil(() => served.server.stats.requests === i + 1);
      await standstill(() => 0);
      clock.pass(20);
      await peer.send('yz');
      expect((await peer.answer()).body).toBe('3');
    }
  });

  test('that nobody wants, behind its answer: the connection is cut off', async () => {
    const clock = new ManualClock();
    const served = await serving(() => ({ status: 200, body: 'ok' }), { clock });
    const peer = await upload(served, head.replace(String(length), '200000'));
    expect((await peer.answer()).body).toBe('ok');
    for (let second = 1; second <= 31; second++) {
      expect(served.server.stats.connections).toBe(1);
      await peer.send('x');
      await standstill(() => 0);
      clock.pass(1);
    }
    expect(await peer.untilCut()).toBe('');
    await turnsUntil(() => served.server.stats.connections === 0);
  });
});

test('a body that its answer reads and that trickles: what has begun is cut off, no 408 comes in the midst of it', async () => {
  const clock = new ManualClock();
  const served = await serving(
    (request) => ({
      status: 200,
      body: (async function* () {
        yield 'begun';
        for await (const chunk of request.body) yield chunk;
      })(),
    }),
    { clock },
  );
  const peer = await upload(served);
  await peer.take(90);
  for (let second = 1; second <= 31; second++) {
    expect(served.server.stats.connections).toBe(1);
    await peer.send('x');
    await standstill(() => 0);
    clock.pass(1);
  }
  expect(await peer.untilCut()).not.toContain('408');
  await turnsUntil(() => served.server.stats.connections === 0);
});

test('a slow GET has no body to be slow with', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const served = await serving(
    async () => {
      await opened;
      return { status: 200, body: 'late' };
    },
    { clock },
  );
  const peer = await upload(served, get());
  clock.pass(10_000);
  open();
  expect((await peer.answer()).body).toBe('late');
});

test('while a client takes nothing of the answer its body is not read, and that time does not count', async () => {
  const clock = new ManualClock();
  const ahead = 10_000_000;
  const served = await serving(
    (request) => ({
      status: 200,
      headers: [['Content-Length', String(ahead + length)]],
      body: (async function* () {
        yield Buffer.alloc(ahead);
        for await (const chunk of request.body) yield chunk;
      })(),
    }),
    { clock, writeTimeoutMs: 1_000_000 },
  );
  const peer = await upload(served);
  await standstill(() => 0);
  clock.pass(1000);
  const answer = peer.answer();
  await standstill(() => 0);
  clock.pass(1);
  await peer.send('x'.repeat(length));
  expect((await answer).body.length).toBe(ahead + length);
});
