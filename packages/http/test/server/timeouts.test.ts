import { expect, test } from 'vitest';
import { gate, ManualClock, pump, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get, post } from './raw-client.ts';

const ok = { status: 200, body: 'ok' };

test('a connection that says nothing is answered 408 after headTimeoutMs', async () => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => ok, { clock });
  const peer = await client();
  await turnsUntil(() => server.stats.connections === 1);
  clock.pass(14);
  expect(server.stats.connections).toBe(1);
  clock.pass(1);
  const answer = await peer.answer();
  expect(answer.status).toBe(408);
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await peer.rest()).toBe('');
});

test.each([
  ['first', ''],
  ['second', get()],
])('the %s head of a connection has its time, however its bytes trickle', async (_name, before) => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => ok, { clock });
  const peer = await client();
  if (before !== '') {
    await peer.send(before);
    await peer.answer();
    clock.pass(60);
  }
  const head = get('/', 'X: y\r\n');
  for (const byte of head.slice(0, 15)) {
    await peer.send(byte);
    await standstill(() => 0);
    clock.pass(1);
  }
  expect((await peer.answer()).status).toBe(408);
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(before === '' ? 0 : 1);
});

test('an empty line is no head yet, and does not win time', async () => {
  const clock = new ManualClock();
  const { client } = await serving(() => ok, { clock });
  const peer = await client();
  await peer.send('\r');
  await standstill(() => 0);
  clock.pass(14);
  await peer.send('\n');
  await standstill(() => 0);
  clock.pass(1);
  expect((await peer.answer()).status).toBe(408);
});

test('a busy connection whose chunks always end inside a head is not slow', async () => {
  const clock = new ManualClock();
  const { client } = await serving(() => ok, { clock });
  const peer = await client();
  const request = get();
  await peer.send(request.slice(0, 10));
  for (let i = 0; i < 30; i++) {
    await peer.send(request.slice(10) + request.slice(0, 10));
    expect((await peer.answer()).status).toBe(200);
    await standstill(() => 0);
    clock.pass(1);
  }
});

test('a body that stops is answered 408 after bodyTimeoutMs, and fails its reader', async () => {
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const { client, server } = await serving(
    async (request) => {
      await request.text().catch((error: unknown) => failures.push(error));
      return ok;
    },
    { clock },
  );
  const peer = await client();
  await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
  await turnsUntil(() => server.stats.requests === 1);
  // Each piece wins it the time again.
  for (const piece of ['a', 'b']) {
    clock.pass(29);
    await peer.send(piece);
    await standstill(() => 0);
  }
  clock.pass(30);
  expect((await peer.answer()).status).toBe(408);
  expect(await peer.rest()).toBe('');
  expect(failures).toEqual([expect.objectContaining({ code: 'BODY_TIMEOUT' })]);
});

test('a body that stops behind a request in work: that one is answered, then 408, and what comes late is no request', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const targets: string[] = [];
  const { client } = await serving(
    async (request) => {
      targets.push(request.target);
      if (request.path === '/1') await opened;
      return { status: 200, body: await request.text() };
    },
    { clock },
  );
  const peer = await client();
  await peer.send(get('/1') + get('/2', 'Content-Length: 4\r\n'));
  await turnsUntil(() => targets.length === 2);
  clock.pass(30);
  await peer.send('late' + get('/3'));
  await standstill(() => targets.length);
  open();
  expect((await peer.answers(2)).map(({ status }) => status)).toEqual([200, 408]);
  expect(await peer.rest()).toBe('');
  expect(targets).toEqual(['/1', '/2']);
});

test('a handler may take its time: neither its request nor a body it does not read is slow', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const { client, server } = await serving(
    async (request) => {
      await opened;
      return { status: 200, body: String((await request.bytes()).length) };
    },
    { clock },
  );
  const peers = [await client(), await client()];
  await peers[0]!.send(get());
  const upload = pump(peers[1]!, Buffer.from(post('x'.repeat(900_000))), 1);
  await turnsUntil(() => server.stats.requests === 2);
  await standstill(() => 0);
  clock.pass(300);
  open();
  expect((await peers[0]!.answer()).body).toBe('0');
  expect((await peers[1]!.answer()).body).toBe('900000');
  await upload.done;
});

test('an idle connection is closed silently, counted from its last answer', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const { client, server } = await serving(() => opened.then(() => ok), { clock });
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  clock.pass(100);
  open();
  expect((await peer.answer()).status).toBe(200);
  clock.pass(64);
  await peer.send(get());
  expect((await peer.answer()).status).toBe(200);
  clock.pass(65);
  expect(await peer.rest()).toBe('');
  await turnsUntil(() => server.stats.connections === 0);
});

test('a client that takes nothing of its answer is aborted after writeTimeoutMs, whatever it sends meanwhile', async () => {
  const clock = new ManualClock();
  const { client, server, errors } = await serving(
    ({ path }) => ({ status: 200, body: path === '/whole' ? Buffer.alloc(50_000_000) : endless() }),
    { clock },
  );
  for (const path of ['/whole', '/pieces']) {
    const peer = await client();
    await peer.send(get(path));
    await turnsUntil(() => server.stats.connections === 1);
    await standstill(() => 0);
    for (let i = 0; i < 30; i++) {
      await peer.send('G');
      await standstill(() => 0);
      clock.pass(1);
    }
    expect(server.stats.connections).toBe(1);
    clock.pass(1);
    await turnsUntil(() => server.stats.connections === 0);
  }
  expect(errors).toEqual([]);
});

function* endless(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(65_536);
}

test.each(['whole', 'in one piece'])(
  'a client that is slow but steady gets all of a large answer, %s',
  async (how) => {
    const clock = new ManualClock();
    const bytes = Buffer.alloc(40_000_000, 'x');
    const { client } = await serving(() => ({ status: 200, body: how === 'whole' ? bytes : [bytes] }), {
      clock,
    });
    const peer = await client();
    await peer.send(get('/', 'Connection: close\r\n'));
    let taken = 0;
    // 20 s for each 4 MB: six times writeTimeoutMs in all.
    while (taken < bytes.length) {
      taken += (await peer.take(Math.min(4_000_000, bytes.length - taken))).length;
      await standstill(() => 0);
      clock.pass(20);
    }
    expect((await peer.rest()).length).toBeLessThan(1_000_000);
  },
);

test('a body made slowly is not taken for a client that is slow', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const { client } = await serving(
    () => ({
      status: 200,
      body: (async function* () {
        yield 'begun';
        await opened;
        yield Buffer.alloc(1_000_000, 'x');
        yield 'end';
      })(),
    }),
    { clock },
  );
  const peer = await client();
  await peer.send(get());
  await peer.take('HTTP/1.1 200 OK\r\n'.length);
  clock.pass(1000);
  open();
  await turn();
  clock.pass(1);
  expect((await peer.untilBodyEnd()).endsWith('3\r\nend\r\n0\r\n\r\n')).toBe(true);
});

test('a client that does not close after the last answer is closed after lingerTimeoutMs, however it trickles', async () => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => ok, { clock });
  const peer = await client();
  await peer.send(get('/', 'Connection: close\r\n'));
  await peer.answer();
  expect(await peer.rest()).toBe('');
  clock.pass(1);
  await peer.send('x');
  await standstill(() => 0);
  expect(server.stats.connections).toBe(1);
  clock.pass(1);
  await turnsUntil(() => server.stats.connections === 0);
});

test('what the kernel still holds when lingering ends is delivered', async () => {
  const clock = new ManualClock();
  const body = 'x'.repeat(1_000_000);
  const { client, server } = await serving(() => ({ status: 200, body }), { clock });
  const peer = await client();
  await peer.send(get('/', 'Connection: close\r\n'));
  await turnsUntil(() => server.stats.requests === 1);
  await standstill(() => 0);
  clock.pass(5);
  await standstill(() => server.stats.connections);
  expect((await peer.answer()).body.length).toBe(body.length);
  expect(await peer.rest()).toBe('');
});

test('an idle connection with an answer that nobody takes does not stay for ever', async () => {
  const clock = new ManualClock();
  // Little enough to meet no back-pressure here, while the kernel takes no more.
  const { client, server } = await serving(() => ({ status: 200, body: 'x'.repeat(1000) }), { clock });
  const peer = await client();
  let requests = 0;
  for (; requests < 20_000; requests += 100) {
    await peer.send(get().repeat(100));
    await turn();
    if (peer.stream.needsDrain) break;
  }
  await standstill(() => server.stats.requests);
  clock.pass(200);
  await turnsUntil(() => server.stats.connections === 0);
  expect(server.stats.connections).toBe(0);
});

test('the timeouts are options, and no duration of nothing or less is taken', async () => {
  const clock = new ManualClock();
  const { client, server } = await serving(() => ok, { clock, headTimeoutMs: 3000, idleTimeoutMs: 5000 });
  const silent = await client();
  await turnsUntil(() => server.stats.connections === 1);
  clock.pass(3);
  expect((await silent.answer()).status).toBe(408);
  await expect(serving(() => ok, { bodyTimeoutMs: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(serving(() => ok, { writeTimeoutMs: NaN })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(serving(() => ok, { maxHeadBytes: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test.each([
  ['a body that its handler reads while it answers', 'read'],
  ['a body that nobody wants, behind its answer', 'unread'],
])(
  '%s and that stops is cut off after bodyTimeoutMs: a 408 would pass for the next answer',
  async (_name, how) => {
    const clock = new ManualClock();
    const failures: unknown[] = [];
    const { client, server } = await serving(
      (request) =>
        how === 'unread'
          ? { status: 200, body: 'begun' }
          : {
              status: 200,
              body: (async function* () {
                yield 'begun';
                try {
                  for await (const chunk of request.body) yield chunk;
                } catch (error) {
                  failures.push(error);
                }
              })(),
            },
      { clock },
    );
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nsome');
    await turnsUntil(() => server.stats.requests === 1);
    await standstill(() => 0);
    clock.pass(29);
    await standstill(() => 0);
    expect(server.stats.connections).toBe(1);
    clock.pass(1);
    const text = await peer.untilCut();
    expect(text).toContain('begun');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    await turnsUntil(() => server.stats.connections === 0);
    expect(failures).toEqual(how === 'read' ? [expect.objectContaining({ code: 'BODY_TIMEOUT' })] : []);
  },
);
