import { expect, test } from 'vitest';
import { gate, ManualClock, serving, standstill, turn, turnsUntil } from './harness.ts';
import { field, get } from './raw-client.ts';

function expecting(length: number, method = 'POST', version = '1.1'): string {
  return `${method} / HTTP/${version}\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: ${String(length)}\r\n\r\n`;
}

test('100 Continue is sent on the first read, once, and the connection goes on', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(async (request) => {
    await opened;
    return { status: 200, body: await request.text() };
  });
  const peer = await client();
  await peer.send(expecting(4));
  await turnsUntil(() => server.stats.requests === 1);
  open();
  expect((await peer.answer()).head).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  await peer.send('ab');
  await turn();
  await peer.send('cd');
  const answer = await peer.answer();
  expect(answer).toMatchObject({ status: 200, body: 'abcd' });
  expect(field(answer.head, 'Connection')).toBeUndefined();
});

test('it is not sent where the body is not read; then the connection ends, for the body may come or not', async () => {
  const { client } = await serving(() => ({ status: 401 }));
  const peer = await client();
  await peer.send(expecting(4));
  const answer = await peer.answer();
  expect(answer.status).toBe(401);
  expect(field(answer.head, 'Connection')).toBe('close');
  expect(await peer.rest()).toBe('');
});

test('it is never sent to HTTP/1.0', async () => {
  const { client } = await serving(async (request) => ({ status: 200, body: await request.text() }));
  const peer = await client();
  await peer.send(`${expecting(4, 'POST', '1.0')}abcd`);
  expect(await peer.rest()).toMatch(/^HTTP\/1\.1 200 .*abcd$/s);
});

test('it is not sent where there is no body to wait for', async () => {
  const { client } = await serving(async (request) => ({ status: 200, body: `[${await request.text()}]` }));
  const peer = await client();
  await peer.send(expecting(0));
  expect((await peer.answer()).body).toBe('[]');
});

test('another expectation is answered with 417, and the connection ends', async () => {
  const { server, client } = await serving(() => ({ status: 200 }));
  const peer = await client();
  await peer.send(get('/', 'Expect: the-unexpected\r\n') + get());
  expect((await peer.answer()).status).toBe(417);
  expect(await peer.rest()).toBe('');
  expect(server.stats.requests).toBe(0);
});

test('a pipelined request that waits for it gets it when its turn has come', async () => {
  const { opened, open } = gate();
  const { server, client } = await serving(async (request) => {
    if (request.path === '/slow') await opened;
    return { status: 200, body: await request.text() };
  });
  const peer = await client();
  await peer.send(get('/slow') + expecting(4, 'OPTIONS'));
  await turnsUntil(() => server.stats.requests >= 1);
  await standstill(() => server.stats.requests);
  open();
  expect((await peer.answer()).status).toBe(200);
  expect((await peer.answer()).status).toBe(100);
  await peer.send('body');
  expect((await peer.answer()).body).toBe('body');
});

test('a client that was not told to send is not slow', async () => {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const { server, client } = await serving(
    async (request) => {
      await opened;
      return { status: 200, body: await request.text() };
    },
    { clock },
  );
  const peer = await client();
  await peer.send(expecting(4));
  await turnsUntil(() => server.stats.requests === 1);
  clock.pass(100);
  open();
  expect((await peer.answer()).status).toBe(100);
  clock.pass(29);
  await peer.send('body');
  expect((await peer.answer()).body).toBe('body');
});
