import { describe, expect, test } from 'vitest';
import { connect, type Address } from '@wirestack/socket';
import { cluster, processes, StreamServer, threads, type Concurrency } from '@wirestack/socket/server';
import { textUntilEnd } from '../scratch.ts';
import { handlerNamed, loaderArgv } from './concurrency/serving.ts';
import { pem } from '../tls/certificates.ts';

const execArgv = [...loaderArgv];

const strategies: readonly (readonly [string, () => Concurrency])[] = [
  ['threads', () => threads({ size: 2, worker: { execArgv } })],
  ['a pool of processes', () => processes({ size: 2, child: { execArgv } })],
  ['a process for each connection', () => processes({ perConnection: true, child: { execArgv } })],
  ['a cluster', () => cluster({ size: 2, child: { execArgv } })],
];

describe.each(strategies)('StreamServer in %s', (_name, make) => {
  test('serves connections until it is closed', { timeout: 60_000 }, async () => {
    const server = new StreamServer('tcp://127.0.0.1:0', handlerNamed('countAtEnd'), { concurrency: make() });
    await server.listen();
    const serving = server.serveForever();
    const answers = ['', 'four', 'x'.repeat(100_000)].map((text) => ask(server.address, text));
    expect(await Promise.all(answers)).toEqual(['0', '4', '100000']);
    await server.close();
    await serving;
    expect(server.activeRequests).toBe(0);
    await expect(connect(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('refuses a handler that cannot go there', async () => {
    const server = new StreamServer('tcp://127.0.0.1:0', () => undefined, { concurrency: make() });
    await expect(server.listen()).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await server.close();
  });
});

test('TLS ends before threads, and cannot before processes', { timeout: 60_000 }, async () => {
  const server = new StreamServer('tcp://127.0.0.1:0', handlerNamed('countAtEnd'), {
    concurrency: threads({ size: 1, worker: { execArgv } }),
    tls: pem.server,
  });
  await server.listen();
  const serving = server.serveForever();
  expect(await ask(server.address, 'secret', { ca: pem.authority })).toBe('6');
  await server.close();
  await serving;
  expect(
    () =>
      new StreamServer('tcp://127.0.0.1:0', handlerNamed(), { concurrency: processes(), tls: pem.server }),
  ).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

async function ask(address: Address, text: string, tls: false | { ca: string } = false): Promise<string> {
  const client = await connect(address, { tls });
  await client.write(text);
  await client.shutdown('write');
  const answer = await textUntilEnd(client);
  await client.close();
  return answer;
}
