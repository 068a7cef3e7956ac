import { expect, test } from 'vitest';
import { serving, turn, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

test('drains beside each other all come to an end, and close() ends them', async () => {
  const { client, server } = await serving(() => new Promise<never>(() => undefined));
  const peer = await client();
  await peer.send(get());
  await turnsUntil(() => server.stats.requests === 1);
  const drains = [server.drain({}), server.drain({})];
  await turn();
  await server.close();
  await Promise.all(drains);
  expect(server.stats.connections).toBe(0);
});

test('a deadline that is no duration is refused, and changes nothing', async () => {
  const { client, server } = await serving(() => ({ status: 200, body: 'ok' }));
  await expect(server.drain({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  const peer = await client();
  await peer.send(get());
  expect((await peer.answer()).body).toBe('ok');
});
