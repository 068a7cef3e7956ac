import { expect, onTestFinished } from 'vitest';
import type { ConnectOptions, ListenAddress } from '@wirestack/socket';
import { createServer, type Clock, type Handler, type HttpServer, type ServerOptions } from '@wirestack/http';
import { RawClient } from './raw-client.ts';

export interface Served {
  readonly server: HttpServer;
  /** What `onError` was told. A test that leaves some here unexpected fails. */
  readonly errors: unknown[];
  client(options?: ConnectOptions): Promise<RawClient>;
}

/** A server on a free port, closed with the test; errors that the test does not take out of `errors` fail it. */
export async function serving(
  handler: Handler,
  options: ServerOptions = {},
  address: ListenAddress = '127.0.0.1:0',
): Promise<Served> {
  const errors: unknown[] = [];
  const server = createServer(handler, { onError: (error) => errors.push(error), ...options });
  onTestFinished(async () => {
    await server.close();
    expect(errors).toEqual([]);
  });
  await server.listen(address);
  return {
    server,
    errors,
    async client(connectOptions) {
      const client = await RawClient.to(server.address, connectOptions);
      onTestFinished(() => {
        client.stream.abort('the test is over');
      });
      return client;
    },
  };
}

/** Turned by hand. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #ticks = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  every(_intervalMs: number, tick: () => void): () => void {
    this.#ticks.add(tick);
    return () => this.#ticks.delete(tick);
  }

  /** So many seconds pass, with a tick in each, as the real one does. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.#now += 1000;
      for (const tick of this.#ticks) tick();
    }
  }

  get isStopped(): boolean {
    return this.#ticks.size === 0;
  }
}

/** A promise and the function that resolves it. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets the event loop go round until `isTrue`; the test's own time limit guards it. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn();
}

/** Lets the event loop go round until `count` has stood still for many turns: both ends live in this process, so nothing moves any more. */
export async function standstill(count: () => number): Promise<number> {
  let last = count();
  for (let still = 0; still < 200; still++) {
    await turn();
    if (count() === last) continue;
    last = count();
    still = 0;
  }
  return last;
}

/** Writes pieces until `total` bytes are written, as fast as the stream takes them. */
export function pump(
  client: RawClient,
  piece: Uint8Array,
  total: number,
): { readonly accepted: number; done: Promise<void> } {
  const state = { accepted: 0, done: Promise.resolve() };
  const run = async (): Promise<void> => {
    while (state.accepted < total) {
      await client.send(piece);
      state.accepted += piece.length;
    }
  };
  state.done = run();
  state.done.catch(() => undefined);
  return state;
}
