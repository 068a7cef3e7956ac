import { afterEach, describe, expect, it, vi } from 'vitest';
import { encode, query, respond, type ResourceRecord } from '../../src/message/index.ts';
import type { DnsHandler, QueryContext } from '../../src/server/index.ts';
import { parseRecord } from '../../src/zone/index.ts';
import { started, TcpClient, turnsUntil, UdpClient, type TestServer } from './client.ts';

const address = parseRecord('www.example. 60 IN A 192.0.2.1');

const answering: DnsHandler = (asked) => respond(asked, { answers: [address] });

function question(id: number): Uint8Array {
  return encode(query('www.example.', 'A', { id, edns: undefined }));
}

/** What a well-behaved client gets: the server has survived whatever came before. */
const good = { id: 7, rcode: 'NOERROR', isResponse: true, answers: [expect.objectContaining({ type: 'A' })] };

describe('the end', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A handler whose answers wait for the test. */
  function held(record: ResourceRecord = address): {
    handler: DnsHandler;
    contexts: QueryContext[];
    release: () => void;
  } {
    const contexts: QueryContext[] = [];
    const waiting: (() => void)[] = [];
    return {
      contexts,
      handler: (asked, context) => {
        contexts.push(context);
        void context.signal;
        return new Promise((resolve) => {
          waiting.push(() => {
            resolve(respond(asked, { answers: [record] }));
          });
        });
      },
      release: () => {
        for (const finish of waiting.splice(0)) finish();
      },
    };
  }

  it.each<[string, ('udp' | 'tcp')[]]>([
    ['both transports', ['udp', 'tcp']],
    ['UDP alone', ['udp']],
    ['TCP alone', ['tcp']],
  ])('drain over %s answers what runs, and ends', async (_, transports) => {
    const { handler, contexts, release } = held();
    const server = await started(handler, { transports });
    const clients = await Promise.all(
      transports.map((name) => (name === 'udp' ? UdpClient : TcpClient).to(server.address)),
    );
    for (const client of clients) await client.send(question(7));
    await turnsUntil(() => contexts.length === clients.length);
    const drained = server.drain();
    release();
    for (const client of clients) expect(await client.next()).toMatchObject(good);
    await drained;
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual(clients.map(() => false));
    for (const client of clients) {
      if (client instanceof TcpClient) expect(await client.bytes()).toBeUndefined();
    }
    expect(server.connections).toBe(0);
  });

  it('drain takes no new queries', async () => {
    const { handler, contexts, release } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    const drained = server.drain();
    await udp.send(question(8));
    await tcp.send(question(8));
    release();
    expect(await tcp.next()).toMatchObject(good);
    expect(await udp.next()).toMatchObject(good);
    expect(await tcp.bytes()).toBeUndefined();
    await tcp.stream.close();
    await drained;
    expect(contexts).toHaveLength(2);
    await expect(TcpClient.to(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('drain ends idle connections at once', async () => {
    const server = await started(answering);
    const tcp = await TcpClient.to(server.address);
    expect(await tcp.ask(question(7))).toMatchObject(good);
    await server.drain();
    expect(await tcp.bytes()).toBeUndefined();
  });

  const running = 40;

  /** A client that sent more than the server reads at a time, and has answers of 2.5 MB to wait for. */
  async function eager(): Promise<{ server: TestServer; client: TcpClient; release: () => void }> {
    const { handler, contexts, release } = held({
      ...{ name: address.name, type: 'TYPE65280', class: 'IN', ttl: 60 },
      data: { bytes: new Uint8Array(64_000) },
    });
    const server = await started(handler, { maxTcpRunning: running, tcpIdleMs: 3000 });
    const client = await TcpClient.to(server.address);
    // More than it takes: this write would end with the connection.
    client.send(...Array.from({ length: 20_000 }, (_, id) => question(id))).catch(() => undefined);
    await turnsUntil(() => contexts.length === running);
    return { server, client, release };
  }

  it('drain does not take the answers from a client that asked more than was read', async () => {
    const { server, client, release } = await eager();
    const drained = server.drain();
    release();
    for (let id = 0; id < running; id++) expect((await client.next()).id).toBe(id);
    expect(await client.bytes()).toBeUndefined();
    await client.stream.close();
    await drained;
  });

  it('drain waits no longer for such a client to leave than for an idle one', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const { server, client, release } = await eager();
    const drained = server.drain();
    release();
    while ((await client.bytes()) !== undefined);
    expect(server.connections).toBe(1);
    vi.advanceTimersByTime(4000);
    await drained;
    expect(server.connections).toBe(0);
  });

  it('drain resets a client that goes on sending', async () => {
    const { server, client, release } = await eager();
    const drained = server.drain();
    release();
    const chunk = new Uint8Array(65_536);
    const sending = async (): Promise<void> => {
      for (;;) await client.stream.write(chunk);
    };
    await expect(sending()).rejects.toMatchObject({ name: 'SocketError' });
    await drained;
    expect(server.stats.received).toBe(running);
  });

  it('drain aborts what is left when its deadline passes', async () => {
    const { handler, contexts } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    const stop = new AbortController();
    const drained = server.drain({ signal: stop.signal }).then(
      () => 'drained',
      (error: unknown) => (error as { code: string }).code,
    );
    stop.abort();
    expect(await drained).toBe('ABORTED');
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await expect(tcp.bytes()).rejects.toMatchObject({ code: 'RESET' });
    expect(server.connections).toBe(0);
  });

  it('close aborts the signals of what runs, and ends connections', async () => {
    const { handler, contexts } = held();
    const server = await started(handler);
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    await udp.send(question(7));
    await tcp.send(question(7));
    await turnsUntil(() => contexts.length === 2);
    await server.close();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await expect(tcp.bytes()).rejects.toMatchObject({ code: 'RESET' });
    expect(server.connections).toBe(0);
    await server.close();
    await udp.send(question(8)).catch(() => undefined);
    await expect(TcpClient.to(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('close ends connections in order where nothing runs', async () => {
    const server = await started(answering);
    const tcp = await TcpClient.to(server.address);
    expect(await tcp.ask(question(7))).toMatchObject(good);
    await server.close();
    expect(await tcp.bytes()).toBeUndefined();
    expect(server.connections).toBe(0);
  });

  it('a handler that ends because its signal was aborted is not told of', async () => {
    const contexts: QueryContext[] = [];
    const server = await started((_, context) => {
      contexts.push(context);
      return new Promise((__, reject) => {
        context.signal.addEventListener('abort', () => {
          reject(new Error('aborted', { cause: context.signal.reason }));
        });
      });
    });
    const udp = await UdpClient.to(server.address);
    const leaving = await TcpClient.to(server.address);
    await udp.send(question(1));
    await leaving.send(question(2));
    await turnsUntil(() => contexts.length === 2);
    leaving.stream.abort();
    await turnsUntil(() => server.connections === 0);
    await server.close();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(server.errors).toEqual([]);
    expect(server.stats.failed).toBe(0);
  });
});
