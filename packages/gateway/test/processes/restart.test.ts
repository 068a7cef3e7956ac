import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ProcessServer } from '../../src/processes/process-server.ts';
import { scratch } from '../scratch.ts';
import { hammer } from './hammer.ts';
import { serving } from './serving.ts';

it('three restarts lose no request of clients that never pause', async () => {
  const server = await serving();
  const { tally, stop } = hammer(targetOf(server));
  const pids = new Set(pidsOf(server));
  for (let restarts = 1; restarts <= 3; restarts++) {
    const before = tally.fresh;
    await server.restart();
    expect(tally.fresh).toBeGreaterThan(before);
    for (const pid of pidsOf(server)) pids.add(pid);
  }
  await stop();
  expect(pids.size).toBe(4);
  expect(tally.failures).toEqual([]);
  expect(tally.kept).toBeGreaterThan(0);
});

it('nor with TLS, where connections may be in their handshake', async () => {
  const server = await serving({ tls: { cert: certificate('server.crt'), key: certificate('server.key') } });
  const { tally, stop } = hammer({ ...targetOf(server), rejectUnauthorized: false }, true);
  await server.restart();
  await stop();
  expect(tally.failures).toEqual([]);
  expect(tally.fresh).toBeGreaterThan(0);
});

it('nor on a Unix socket, whose path stays', async () => {
  const socketPath = join(scratch(), 's');
  const server = await serving({}, undefined, undefined, `unix:${socketPath}`);
  const { tally, stop } = hammer({ socketPath });
  await server.restart();
  await stop();
  expect(tally.failures).toEqual([]);
  expect(tally.fresh).toBeGreaterThan(0);
});

function pidsOf(server: ProcessServer): number[] {
  return server.processes.map(({ pid }) => pid);
}

function targetOf({ address }: ProcessServer): RequestOptions {
  return { host: '127.0.0.1', port: 'port' in address ? address.port : 0 };
}

/** Bytes, as a program reads them: they cross to the processes as such. */
function certificate(name: string): Buffer {
  return readFileSync(new URL(`../../../socket/test/tls/certificates/${name}`, import.meta.url));
}
