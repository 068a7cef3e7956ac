import { describe, expect, test } from 'vitest';
import { ask, Haproxy, Instance, Redis, untilAnswered } from './machines.ts';
import { SteadyClients } from './steady-clients.ts';

const plenty = 1_000_000_000;

describe('32-many-machines', () => {
  test('no request is lost while each instance is restarted, twice; the counter has counted every answer', async () => {
    const { instances, haproxy } = await machines();
    const clients = new SteadyClients(haproxy.address);
    await clients.answered(100);
    for (const instance of [...instances, ...instances]) {
      expect(await instance.end()).toBe(0);
      await instance.start();
      await clients.answered(20, instance.name);
    }
    await clients.stop();
    expect(clients.failures).toEqual([]);
    const visits = clients.answers.map((answer) => answer.visits).sort((a, b) => a - b);
    expect(visits).toEqual(Array.from({ length: visits.length }, (_, index) => index + 1));
    const { body } = await ask(haproxy.address, '/');
    expect(JSON.parse(body)).toMatchObject({ visits: visits.length + 1 });
  });

  test('of an instance that is killed, what it had under way is lost, and no more', async () => {
    const { instances, haproxy } = await machines();
    const [a] = instances;
    const clients = new SteadyClients(haproxy.address);
    await clients.answered(20, 'a');
    await clients.answered(20, 'b');
    const before = haproxy.log.length;
    await a.end('SIGKILL');
    await haproxy.says(/instances\/a is DOWN/, before);
    // Each client had one request under way at the most, and only those at `a` were lost.
    expect(clients.failures.length).toBeLessThanOrEqual(clients.count);
    const lost = clients.failures.length;
    await clients.answered(100, 'b');
    await a.start();
    await clients.answered(20, 'a');
    await clients.stop();
    expect(clients.failures).toHaveLength(lost);
  });

  test('without Redis instances live and are not ready; the limit lets pass; all is well when it is back', async () => {
    const { redis, instances, haproxy } = await machines();
    const [a] = instances;
    await redis.stop();
    await untilAnswered(async () => (await a.status('/readyz')) === 503);
    expect(await a.status('/livez')).toBe(200);
    expect(await a.status('/whoami')).toBe(200);
    expect(await a.status('/')).toBe(503);
    await redis.start();
    for (const instance of instances) {
      await untilAnswered(async () => (await instance.status('/readyz')) === 200);
      expect(await instance.status('/')).toBe(200);
    }
    await untilAnswered(async () => (await ask(haproxy.address, '/')).status === 200);
  });

  test('a client has one limit at all instances, by the address that the proxy names, whatever it says itself', async () => {
    const { instances, haproxy } = await machines(4);
    const statuses = async (client: string): Promise<number[]> => {
      const all: number[] = [];
      for (const { address } of [...instances, ...instances, ...instances])
        all.push((await ask(address, '/whoami', { 'X-Forwarded-For': client })).status);
      return all;
    };
    expect(await statuses('192.0.2.1')).toEqual([200, 200, 200, 200, 429, 429]);
    expect(await statuses('192.0.2.2')).toEqual([200, 200, 200, 200, 429, 429]);
    const { body } = await ask(haproxy.address, '/whoami', { 'X-Forwarded-For': '192.0.2.1' });
    expect(JSON.parse(body)).toMatchObject({ client: '127.0.0.1' });
  });
});

interface Machines {
  readonly redis: Redis;
  readonly instances: readonly [Instance, Instance];
  readonly haproxy: Haproxy;
}

/** @param requestsPerMinute what each client may ask */
async function machines(requestsPerMinute = plenty): Promise<Machines> {
  const redis = await Redis.start();
  const instances = await Promise.all([
    Instance.start('a', redis, requestsPerMinute),
    Instance.start('b', redis, requestsPerMinute),
  ]);
  return { redis, instances, haproxy: await Haproxy.start(...instances) };
}
