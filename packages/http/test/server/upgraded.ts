import { expect, onTestFinished } from 'vitest';
import type { HttpRequest, HttpResponse } from '@wirestack/http';
import { serving, turn, turnsUntil, type Served } from './harness.ts';
import { get, type RawClient } from './raw-client.ts';

type Taker = NonNullable<HttpResponse['upgrade']>;

export const wish: string = get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n');

export interface Upgraded extends Served {
  readonly requests: HttpRequest[];
}

/** A server that answers each wish with 101; what it was given is kept. */
export async function upgrading(
  taker: Taker,
  options: Parameters<typeof serving>[1] = {},
): Promise<Upgraded> {
  const requests: HttpRequest[] = [];
  const served = await serving((request) => {
    requests.push(request);
    return {
      status: 101,
      headers: [['Upgrade', 'echo']],
      upgrade: taker,
    };
  }, options);
  return { ...served, requests };
}

export async function switched({ client }: Served): Promise<RawClient> {
  const peer = await client();
  await peer.send(wish);
  expect((await peer.answer()).status).toBe(101);
  return peer;
}

/** Resolves once the server has no connection left. */
export async function allGone({ server }: Served): Promise<void> {
  await turnsUntil(() => server.stats.connections === 0);
  await turn();
  await turn();
}

/** Fails the test for a promise that rejects unheard. */
export function noUnhandledRejections(): void {
  const unhandled: unknown[] = [];
  const remember = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', remember);
  onTestFinished(() => {
    process.off('unhandledRejection', remember);
    expect(unhandled).toEqual([]);
  });
}
