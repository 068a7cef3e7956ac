import { describe, expect, it } from 'vitest';
import { Client, MadeBody, Transport, type TransportOptions } from '../../src/client/index.ts';
import { LateTimer } from '../../src/client/late-timer.ts';
import { client, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer } from './support/scripted-server.ts';
import { TestClock } from './support/test-clock.ts';

describe('options of a transport', () => {
  const numbers = [
    'maxConnectionsPerOrigin',
    'queueTimeoutMs',
    'maxPipelined',
    'idleTimeoutMs',
    'connectTimeoutMs',
    'headTimeoutMs',
    'bodyTimeoutMs',
    'unreadTimeoutMs',
    'continueTimeoutMs',
  ] as const;
  it.each(numbers.flatMap((name) => [0, -1, NaN].map((value) => [name, value] as const)))(
    '%s %d is BAD_OPTION',
    (name, value) => {
      expect(() => new Transport({ [name]: value })).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }) as Error,
      );
    },
  );

  it.each([
    { maxQueued: -1 },
    { maxIdleConnections: NaN },
    { maxHeadBytes: -1 },
    { maxInformational: -1 },
  ] as TransportOptions[])('%j is BAD_OPTION at the latest when it is used', async (options) => {
    const server = await ScriptedServer.answering(() => ok());
    const send = async (): Promise<unknown> =>
      transport(options).send({ url: server.url, method: 'GET', headers: [], body: undefined, options: {} });
    expect(await failure(send())).toBe('BAD_OPTION');
  });

  it('that are 0 or Infinity where that means something are taken', () => {
    const options = { maxQueued: 0, maxIdleConnections: 0, idleTimeoutMs: Infinity, headTimeoutMs: Infinity };
    expect(new Transport(options).settings).toMatchObject(options);
  });

  it('that are undefined are as if they were not there', () => {
    const defaults = new Transport().settings;
    expect(
      new Transport({ maxQueued: undefined, headTimeoutMs: undefined, tls: undefined }).settings,
    ).toEqual(defaults);
  });
});

describe('options of a client', () => {
  it('give each request the standard fields, those of the client, and its own in place of either', async () => {
    const server = await ScriptedServer.answering(({ head }) => ok(head));
    const asking = client({ headers: { 'user-agent': 'mine', 'X-All': 'a' }, decompress: false });
    const headOf = async (headers: Record<string, string | undefined>): Promise<string> =>
      (await asking.request(server.url, { headers })).text();
    const head = await headOf({});
    expect(head).toContain('\r\nuser-agent: mine\r\n');
    expect(head).toContain('\r\nAccept: */*\r\n');
    expect(head).toContain('\r\nX-All: a\r\n');
    expect(head.match(/user-agent/gi)).toHaveLength(1);
    const other = await headOf({ accept: 'text/html', 'x-all': 'b', 'X-None': undefined });
    expect(other).toContain('\r\naccept: text/html\r\n');
    expect(other).toContain('\r\nx-all: b\r\n');
    expect(other).not.toMatch(/X-All: a|X-None/);
  });

  it('may have another transport than sockets, which then has no figures', async () => {
    const other = new Client({ transport: () => Promise.reject(new RangeError('not today')) });
    await expect(other.request('http://a.test/')).rejects.toThrow(RangeError);
    expect(other.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
    await other.close();
  });

  it('that are no URL are refused', () => {
    expect(() => new Client({ baseUrl: 'nowhere' })).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }) as Error,
    );
  });

  it('are let go of at the end of a block', async () => {
    const server = await ScriptedServer.answering(() => ok());
    {
      await using asking = new Client();
      await (await asking.request(server.url)).text();
    }
    expect(await server.peers[0]?.ended()).toBe('FIN');
  });
});

describe('a late timer', () => {
  function timed(): { clock: TestClock; timer: LateTimer; fired: number[] } {
    const clock = new TestClock();
    const fired: number[] = [];
    const timer = new LateTimer(clock, () => fired.push(clock.elapsed()));
    return { clock, timer, fired };
  }

  it('fires at the last deadline that was set, whether it was put off or brought forward', () => {
    const { clock, timer, fired } = timed();
    timer.set(1100);
    timer.set(1500);
    clock.pass(200);
    timer.set(1300);
    clock.pass(1000);
    expect(fired).toEqual([1300]);
  });

  it('sets no timer for each deadline that is put off', () => {
    const { clock, timer, fired } = timed();
    let set = 0;
    const { setTimeout: original } = clock;
    clock.setTimeout = (...args) => {
      set++;
      return original.apply(clock, args);
    };
    for (let i = 0; i < 1000; i++) timer.set(1100 + i);
    expect(set).toBe(1);
    clock.pass(2000);
    expect([set, fired]).toEqual([2, [2099]]);
  });

  it('does not fire once it is cleared or stopped, and leaves nothing behind', () => {
    const { clock, timer, fired } = timed();
    timer.set(1100);
    timer.clear();
    clock.pass(1000);
    timer.set(2100);
    timer.stop();
    expect(clock.timers).toBe(0);
    clock.pass(1000);
    expect(fired).toEqual([]);
    timer.set(Infinity);
    expect(clock.timers).toBe(0);
  });

  it('fires for a deadline that has passed already', () => {
    const { clock, timer, fired } = timed();
    timer.set(5);
    clock.pass(0);
    expect(fired).toEqual([1000]);
  });
});

describe('a body out of a program', () => {
  it('is read as one off the wire', async () => {
    const body = new MadeBody(['ab', '', Uint8Array.of(99)]);
    expect(Buffer.from(await body.bytes()).toString()).toBe('abc');
    expect(await failure(body.bytes())).toBe('BODY_USED');
  });

  it('has trailers behind its end only', async () => {
    const trailers = { length: 0 } as never;
    const body = new MadeBody('x', { trailers: () => trailers });
    expect(body.trailers).toBeUndefined();
    await body.bytes();
    expect(body.trailers).toBe(trailers);
  });

  it('that is cancelled returns its iterator, and tells where it came from', async () => {
    let returned = 0;
    const reasons: unknown[] = [];
    const pieces = (async function* () {
      try {
        yield 'a';
        yield await Promise.resolve('b');
      } finally {
        returned++;
      }
    })();
    const body = new MadeBody(pieces, { onCancel: (reason) => reasons.push(reason) });
    for await (const chunk of body) {
      expect(Buffer.from(chunk).toString()).toBe('a');
      break;
    }
    expect([returned, reasons]).toEqual([1, [undefined]]);
    expect(await failure(body.read())).toBe('ABORTED');
    body.cancel('again');
    expect(reasons).toHaveLength(1);
  });

  it('that throws rejects the read, and is over', async () => {
    const body = new MadeBody(
      (function* () {
        yield 'a';
        throw new RangeError('no more');
      })(),
    );
    expect((await body.read())?.length).toBe(1);
    await expect(body.read()).rejects.toThrow(RangeError);
    expect(await body.read()).toBeUndefined();
  });
});
