import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  bind,
  connectDatagram,
  SocketError,
  type Datagram,
  type DatagramSocket,
  type Deadline,
  type SocketErrorCode,
} from '@wirestack/socket';
import { Deferred } from '../../src/deferred.ts';
import { requestDatagram, type RequestDatagramOptions } from '../../src/datagrams/exchange.ts';
import { DatagramFaults } from '../../src/testing/datagram-faults.ts';
import { datagramPair, type FaultyDatagramSocket } from '../../src/testing/datagram-pair.ts';
import { turns } from '../../src/testing/contract-case.ts';
import { ManualClock } from '../manual-clock.ts';
import { disposed } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';
const text = ({ data }: Datagram): string => new TextDecoder().decode(data);

describe('requestDatagram', () => {
  test('answers with the first packet that comes back', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    echo(server);
    const clock = new ManualClock();
    const { datagram, attempts } = await asked(client, clock, { to: server.localAddress });
    expect([text(datagram), datagram.from, attempts]).toEqual(['answer to 0', server.localAddress, 1]);
    expect([clock.now, clock.waits]).toEqual([0, []]);
  });

  test('sends again with waits that double, and gives up where the next would be longer than 2 s', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const times = timesOf(server, clock);
    await expect(asked(client, clock, { to: server.localAddress })).rejects.toMatchObject({
      name: 'SocketError',
      code: 'TIMED_OUT',
      message: 'no answer for good: 5 packets sent',
      address: '127.0.0.1:50002',
    });
    expect(times).toEqual([0, 100, 300, 700, 1_500]);
    expect([clock.now, clock.waits]).toEqual([3_100, []]);
  });

  test.each<[RequestDatagramOptions, number[], number]>([
    [{ firstTimeoutMs: 500, maxTimeoutMs: 500 }, [0], 500],
    [{ firstTimeoutMs: 3_000 }, [0], 2_000],
    [{ factor: 10 }, [0, 100], 1_100],
    [{ attempts: 1 }, [0], 100],
    [{ attempts: 7 }, [0, 100, 300, 700, 1_500, 3_100, 5_100], 7_100],
    [{ attempts: 3, factor: 1 }, [0, 100, 200], 300],
    [{ attempts: 3, jitter: 0.5, random: () => 0.5 }, [0, 125, 375], 875],
    [{ maxTimeoutMs: 400, jitter: 1, random: () => 0.25 }, [0, 125, 375], 875],
  ])('%j sends at %j and gives up at %d ms', async (options, expected, end) => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const times = timesOf(server, clock);
    await expect(asked(client, clock, { to: server.localAddress, ...options })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    expect(times).toEqual(expected);
    expect(clock.now).toBe(end);
  });

  test('tells of each packet before it is sent, and how long its answer is waited for', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const told: (readonly [number, number, number])[] = [];
    const onAttempt = (attempt: number, waitMs: number): unknown => told.push([attempt, waitMs, clock.now]);
    await expect(
      asked(client, clock, { to: server.localAddress, attempts: 3, onAttempt }),
    ).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(told).toEqual([
      [1, 100, 0],
      [2, 200, 100],
      [3, 400, 300],
    ]);
  });

  test('takes an answer that comes during a later wait, and says how many packets that took', async () => {
    const clock = new ManualClock();
    const [client, server] = datagramPair({ seed: 1, delay: 125, clock });
    echo(server);
    const { datagram, attempts } = await asked(client, clock, { to: server.localAddress });
    expect([text(datagram), attempts, clock.now]).toEqual(['answer to 0', 2, 250]);
  });

  test('packets that `accept` refuses are dropped, and the wait goes on as it was', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const times = timesOf(server, clock, (count, from) => {
      for (const word of ['stale', 'forged', count === 3 ? 'right' : 'wrong']) {
        server.post(new TextEncoder().encode(word), from);
      }
    });
    const seen: string[] = [];
    const accept = (datagram: Datagram): boolean => {
      seen.push(text(datagram));
      return text(datagram) === 'right';
    };
    const { datagram, attempts } = await asked(client, clock, { to: server.localAddress, accept });
    expect([text(datagram), attempts]).toEqual(['right', 3]);
    expect(times).toEqual([0, 100, 300]);
    expect(seen.join(' ')).toBe('stale forged wrong stale forged wrong stale forged right');
  });

  test('what `accept` throws ends it, and leaves no timer', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    echo(server);
    const clock = new ManualClock();
    const thrown = new Error('thrown');
    const accept = (): boolean => {
      throw thrown;
    };
    await expect(asked(client, clock, { to: server.localAddress, accept })).rejects.toBe(thrown);
    expect(clock.waits).toEqual([]);
  });

  test('of a connected socket the peer is asked', async () => {
    const [client, server] = datagramPair({ seed: 1, connected: true });
    echo(server);
    const { datagram } = await asked(client, new ManualClock());
    expect(text(datagram)).toBe('answer to 0');
    await expect(asked(client, new ManualClock(), { to: server.localAddress })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });

  test('a peer that is gone is asked to the end, which is then REFUSED', async () => {
    const [client, server] = datagramPair({ seed: 1, connected: true });
    await server.close();
    const clock = new ManualClock();
    const failure = await asked(client, clock).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SocketError', code: 'REFUSED' });
    expect((failure as Error).message).toContain('5 packets sent');
    expect([clock.now, client.faults.sent]).toEqual([3_100, 5]);
  });

  test('an answer after a REFUSED is an answer: the peer was restarted', async () => {
    const clock = new ManualClock();
    const client = fakeSocket({
      receive: ({ call }) => (call === 0 ? 'REFUSED' : call === 1 ? 'nothing' : 'answer'),
    });
    const { attempts } = await asked(client, clock);
    expect([attempts, client.sent]).toEqual([2, 2]);
  });

  test('where it was refused some of the time, it has TIMED_OUT, and that is the cause', async () => {
    const client = fakeSocket({ receive: ({ call }) => (call === 0 ? 'UNREACHABLE' : 'nothing') });
    await expect(asked(client, new ManualClock(), { attempts: 2 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'no answer for good: 2 packets sent',
      cause: expect.objectContaining({ code: 'UNREACHABLE' }) as unknown,
    });
  });

  test('a send that tells what became of the packet before is made again', async () => {
    const client = fakeSocket({ send: ({ call }) => (call === 1 ? 'REFUSED' : 'sent') });
    await expect(asked(client, new ManualClock(), { attempts: 2 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    expect(client.sent).toBe(2);
  });

  test('sends that are refused twice over have their waits, too', async () => {
    const clock = new ManualClock();
    const client = fakeSocket({ send: () => 'UNREACHABLE' });
    await expect(asked(client, clock, { attempts: 3 })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'UNREACHABLE on purpose (3 packets sent)',
    });
    expect([client.sent, clock.now]).toEqual([0, 700]);
  });

  test('any other failure ends it at once', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const to = server.localAddress;
    await expect(requestDatagram(client, new Uint8Array(65_508), { to })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    const failing = fakeSocket({ receive: () => 'PERMISSION' });
    await expect(asked(failing, new ManualClock())).rejects.toMatchObject({ code: 'PERMISSION' });
    await expect(requestDatagram(client, 'x')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(requestDatagram(client, 'x', { to: '/run/x' })).rejects.toMatchObject({
      code: 'BAD_ADDRESS',
    });
    client.attach({ datagram: () => undefined });
    await expect(requestDatagram(client, 'x', { to })).rejects.toMatchObject({ code: 'ATTACHED' });
  });

  test('closed on the way, it rejects CLOSED', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const asking = requestDatagram(client, 'x', { to: server.localAddress, clock });
    asking.catch(() => undefined);
    await turns();
    await client.close();
    await expect(asking).rejects.toMatchObject({ code: 'CLOSED' });
    expect(clock.waits).toEqual([]);
  });

  test('the deadline counts for all attempts together, and says how many there were', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const clock = new ManualClock();
    const times = timesOf(server, clock);
    const options = { to: server.localAddress, timeoutMs: 450, attempts: 99 };
    await expect(asked(client, clock, options)).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'no answer after 450 ms: 3 packets sent',
    });
    expect(times).toEqual([0, 100, 300]);
    expect([clock.now, clock.waits]).toEqual([450, []]);
  });

  test('aborted, it rejects ABORTED, and the socket is free for the next', async () => {
    const [client, server] = datagramPair({ seed: 1 });
    const controller = new AbortController();
    const clock = new ManualClock();
    const to = server.localAddress;
    const asking = requestDatagram(client, 'x', { to, clock, signal: controller.signal });
    asking.catch(() => undefined);
    await clock.advance(150);
    controller.abort('never mind');
    await expect(asking).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    expect(clock.waits).toEqual([]);
    await expect(requestDatagram(client, 'x', { to, signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    echo(server);
    expect((await asked(client, clock, { to })).attempts).toBe(1);
  });

  test.each<RequestDatagramOptions>([
    { firstTimeoutMs: 0 },
    { firstTimeoutMs: NaN },
    { maxTimeoutMs: 0 },
    { maxTimeoutMs: Infinity },
    { factor: 1 },
    { factor: 0.9, attempts: 2 },
    { jitter: -0.1 },
    { attempts: 0 },
    { attempts: 1.5 },
    { timeoutMs: -1 },
  ])('%j is refused with BAD_ARGUMENT, and nothing sent', async (options) => {
    const [client, server] = datagramPair({ seed: 1 });
    await expect(requestDatagram(client, 'x', { to: server.localAddress, ...options })).rejects.toMatchObject(
      {
        name: 'SocketUsageError',
        code: 'BAD_ARGUMENT',
      },
    );
    expect(client.faults.sent).toBe(0);
  });
});

describe('requestDatagram over a network that loses packets', () => {
  test('half of them lost each way, it takes as many attempts as the seed says, each time', async () => {
    for (const seed of [1, 2, 2002]) {
      const expected = attemptsFor(seed, 0.5, 12);
      expect(Math.max(...expected)).toBeGreaterThan(3);
      for (let run = 0; run < 2; run++) {
        const [client, server] = datagramPair({ seed, loss: 0.5 });
        echo(server);
        const counts: number[] = [];
        for (let id = 0; id < 12; id++) {
          const options = { to: server.localAddress, attempts: 99 };
          counts.push((await asked(client, new ManualClock(), options, id)).attempts);
        }
        expect(counts).toEqual(expected);
      }
    }
  });

  test('where `accept` compares identifiers, every answer is the right one, whatever the faults', async () => {
    const probability = fc.double({ min: 0, max: 0.6, noNaN: true });
    const faults = fc.record({
      seed: fc.integer(),
      loss: probability,
      duplication: probability,
      reordering: probability,
      delay: fc.integer({ min: 0, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(faults, async (options) => {
        const clock = new ManualClock();
        const [client, server] = datagramPair({ ...options, clock });
        echo(server);
        for (let id = 0; id < 5; id++) {
          const answer = `answer to ${String(id)}`;
          const accept = (datagram: Datagram): boolean => text(datagram) === answer;
          const exchange = { to: server.localAddress, accept, attempts: 200, maxTimeoutMs: 400 };
          const { datagram, attempts } = await asked(client, clock, exchange, id);
          expect(text(datagram)).toBe(answer);
          expect(attempts).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('requestDatagram over UDP', () => {
  test('an answer of somebody else is dropped: anybody may send to an unconnected socket', async () => {
    const [client, server, stranger] = [await bound(), await bound(), await bound()];
    server.attach({
      datagram: (_data, from) => {
        void stranger.send('forged', from).then(() => server.send('answer', from));
      },
    });
    const { datagram } = await requestDatagram(client, 'question', { to: server.localAddress, attempts: 30 });
    expect([text(datagram), datagram.from]).toEqual(['answer', server.localAddress]);
  });

  test('addresses are the same however they are written, and names are resolved', async () => {
    const server = disposed(await bind('udp://[::1]:0'));
    const client = disposed(await bind('udp://[::1]:0'));
    server.attach({ datagram: (data, from) => server.post(data, from) });
    const { port } = server.localAddress as { port: number };
    const to = `udp://[0:0:0:0:0:0:0:1]:${String(port)}`;
    for (const address of [to, { port }]) {
      const { datagram } = await requestDatagram(client, 'x', { to: address, attempts: 30 });
      expect(text(datagram)).toBe('x');
    }
    const [ipv4Client, ipv4Server] = [await bound(), await bound()];
    ipv4Server.attach({ datagram: (data, from) => ipv4Server.post(data, from) });
    const { port: ipv4Port } = ipv4Server.localAddress as { port: number };
    for (const host of ['localhost', '']) {
      const options = { to: { host, port: ipv4Port }, attempts: 30 };
      expect(text((await requestDatagram(ipv4Client, host, options)).datagram)).toBe(host);
    }
  });

  test('a port nobody listens on is REFUSED to a connected socket, in the end', async () => {
    const gone = await bind(anyPort);
    await gone.close();
    const client = disposed(await connectDatagram(gone.localAddress));
    const heard = new Deferred<void>();
    const watched = Object.assign(Object.create(client) as DatagramSocket, {
      send: client.send.bind(client),
      receive: (options: Deadline) =>
        client.receive(options).catch((error: unknown) => {
          heard.resolve();
          throw error;
        }),
    });
    const clock = new ManualClock();
    const failure = requestDatagram(watched, 'x', { attempts: 1, clock }).catch((error: unknown) => error);
    await heard.promise;
    await clock.advance(100);
    expect(await failure).toMatchObject({ name: 'SocketError', code: 'REFUSED' });
  });

  test('a Python server that drops the first of everything answers in the end', async () => {
    const child = spawn('python3', ['-c', pythonServer], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value: address } = (await lines.next()) as { value: string };
    const client = disposed(await connectDatagram(address));
    for (let round = 0; round < 3; round++) {
      const question = 'x'.repeat(20 + round);
      const answer = `Your data was ${String(question.length)} bytes`;
      const accept = (datagram: Datagram): boolean => text(datagram) === answer;
      const { attempts } = await requestDatagram(client, question, { attempts: 99, accept });
      expect(attempts).toBeGreaterThanOrEqual(2);
    }
  });
});

/** How many packets each of `count` requests takes, by the fates that a seed has in store: none is lost either way. */
function attemptsFor(seed: number, loss: number, count: number): number[] {
  const forth = new DatagramFaults({ seed, loss }, 0);
  const back = new DatagramFaults({ seed, loss }, 1);
  return Array.from({ length: count }, () => {
    for (let attempts = 1; ; attempts++) {
      if (forth.next().length > 0 && back.next().length > 0) return attempts;
    }
  });
}

/** The server of seed 002, with its coin replaced. */
const pythonServer = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('udp://%s:%d' % s.getsockname(), flush=True)
seen = set()
while True:
    data, address = s.recvfrom(65535)
    if data in seen:
        s.sendto(b'Your data was %d bytes' % len(data), address)
    seen.add(data)
`;

/** Asks on a clock that moves on whenever nothing else happens. */
function asked(
  socket: DatagramSocket,
  clock: ManualClock,
  options: RequestDatagramOptions = {},
  id = 0,
): ReturnType<typeof requestDatagram> {
  return clock.runUntilSettled(requestDatagram(socket, String(id), { clock, ...options }));
}

function echo(server: FaultyDatagramSocket): void {
  server.attach({
    datagram: (data, from) => {
      server.post(new TextEncoder().encode(`answer to ${text({ data, from })}`), from);
    },
  });
}

/** Notes when packets arrive. */
function timesOf(
  server: DatagramSocket,
  clock: ManualClock,
  onPacket?: (count: number, from: Datagram['from']) => void,
): number[] {
  const times: number[] = [];
  server.attach({
    datagram: (_data, from) => {
      times.push(clock.now);
      onPacket?.(times.length, from);
    },
  });
  return times;
}

interface FakeSocket extends DatagramSocket {
  /** How many sends went well. */
  sent: number;
}

/** A connected socket whose calls come out as the test says: a code rejects, `nothing` waits until it is cancelled. */
function fakeSocket(outcomes: {
  send?: (of: { call: number }) => SocketErrorCode | 'sent';
  receive?: (of: { call: number }) => SocketErrorCode | 'nothing' | 'answer';
}): FakeSocket {
  const { send = () => 'sent' as const, receive = () => 'nothing' as const } = outcomes;
  const [connected, peer] = datagramPair({ seed: 1, connected: true });
  let [sends, receives] = [0, 0];
  const fake = Object.assign(Object.create(connected) as DatagramSocket, {
    sent: 0,
    async send() {
      const outcome = send({ call: sends++ });
      if (outcome !== 'sent') throw new SocketError(outcome, `${outcome} on purpose`);
      fake.sent++;
    },
    async receive({ signal }: Deadline = {}) {
      const outcome = receive({ call: receives++ });
      if (outcome === 'answer') return { data: new Uint8Array(1), from: peer.localAddress };
      if (outcome !== 'nothing') throw new SocketError(outcome, `${outcome} on purpose`);
      return new Promise<Datagram>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new SocketError('ABORTED', 'cancelled')));
      });
    },
  });
  return fake;
}

async function bound(): Promise<DatagramSocket> {
  return disposed(await bind(anyPort));
}
