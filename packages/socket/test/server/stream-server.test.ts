import { describe, expect, test, vi } from 'vitest';
import { connect, SocketError, type Address, type SocketStream } from '@wirestack/socket';
import {
  concurrent,
  sequential,
  StreamRequestHandler,
  StreamServer,
  type StreamServerOptions,
} from '@wirestack/socket/server';
import { disposed, gone, scratchPath, textUntilEnd } from '../scratch.ts';

const anyPort = 'tcp://127.0.0.1:0';

/** Seed 004's MyTCPHandler: a line in, the same in capitals back. */
class Shouting extends StreamRequestHandler {
  override async handle(): Promise<void> {
    for await (const line of this.reader.lines()) await this.writer.write(`${line.toUpperCase()}\n`);
  }
}

describe('StreamServer', () => {
  test.each([anyPort, 'unix'])(
    'serves each connection by an object of the handler class, on %s',
    async (where) => {
      const server = disposed(new StreamServer(where === 'unix' ? scratchPath() : where, Shouting));
      await server.listen();
      void server.serveForever();
      const answers = ['one\ntwo\n', 'three\r\nfour'].map((text) => ask(server.address, text));
      expect(await Promise.all(answers)).toEqual(['ONE\nTWO\n', 'THREE\nFOUR\n']);
    },
  );

  test('calls setup, handle and finish in order, and tells the handler whose request it is', async () => {
    const calls: unknown[] = [];
    class Telling extends StreamRequestHandler<StreamServer> {
      override setup(): void {
        calls.push('setup', this.clientAddress, this.server.address);
      }
      override async handle(): Promise<void> {
        calls.push(`handle ${new TextDecoder().decode(await this.reader.readExactly(2))}`);
      }
      override finish(): void {
        calls.push('finish');
      }
    }
    const server = disposed(new StreamServer(anyPort, Telling));
    await server.listen();
    const handled = server.handleRequest();
    const client = await connect(server.address);
    const { localAddress } = client;
    await client.write('hi');
    await handled;
    expect(calls).toEqual(['setup', localAddress, server.address, 'handle hi', 'finish']);
    expect(await textUntilEnd(client)).toBe('');
  });

  test('takes a plain function, and one that takes the stream over', async () => {
    const server = disposed(new StreamServer(anyPort, (stream) => stream.write('bye')));
    await server.listen();
    void server.serveForever();
    expect(await ask(server.address, '')).toBe('bye');

    const pushing = disposed(
      new StreamServer(anyPort, (stream) => {
        stream.attach({
          data: (chunk) => void stream.write(chunk),
          end: () => void stream.close(),
          closed: () => undefined,
          drain: () => undefined,
        });
        return undefined;
      }),
    );
    await pushing.listen();
    void pushing.serveForever();
    expect(await ask(pushing.address, 'echo')).toBe('echo');
  });

  test('calls its hooks in the order of socketserver', async () => {
    const calls: string[] = [];
    class Hooked extends StreamServer {
      protected override verifyRequest(_request: SocketStream, { family }: Address): Promise<boolean> {
        calls.push(`verifyRequest ${family}`);
        return Promise.resolve(true);
      }
      protected override async processRequest(request: SocketStream, address: Address): Promise<void> {
        calls.push('processRequest');
        await super.processRequest(request, address);
      }
      protected override async finishRequest(request: SocketStream, address: Address): Promise<void> {
        calls.push('finishRequest');
        await super.finishRequest(request, address);
      }
      protected override async shutdownRequest(request: SocketStream): Promise<void> {
        calls.push('shutdownRequest');
        await super.shutdownRequest(request);
      }
    }
    const server = disposed(new Hooked(anyPort, () => Promise.resolve(void calls.push('handler'))));
    await server.listen();
    const handled = server.handleRequest();
    await ask(server.address, '');
    await handled;
    expect(calls).toEqual([
      'verifyRequest ipv4',
      'processRequest',
      'finishRequest',
      'handler',
      'shutdownRequest',
    ]);
  });

  test('does not serve a request that verifyRequest refuses', async () => {
    const handler = vi.fn(() => Promise.resolve());
    class Closed extends StreamServer {
      protected override verifyRequest(): boolean {
        return false;
      }
    }
    const server = disposed(new Closed(anyPort, handler));
    await server.listen();
    void server.serveForever();
    expect(await ask(server.address, '')).toBe('');
    expect(handler).not.toHaveBeenCalled();
  });

  test('aborts a request whose handler fails, calls finish and handleError, and goes on', async () => {
    const fault = new Error('handler');
    const told: unknown[] = [];
    class Failing extends StreamRequestHandler {
      override async handle(): Promise<void> {
        await this.reader.read();
        throw fault;
      }
      override finish(): void {
        told.push('finish');
      }
    }
    class Telling extends StreamServer {
      protected override handleError(error: unknown, request: SocketStream, { family }: Address): void {
        told.push(error, request.remoteAddress.family === family);
        throw new Error('a hook fails as well');
      }
    }
    const complain = vi.spyOn(console, 'error').mockReturnValue();
    const server = disposed(new Telling(anyPort, Failing));
    await server.listen();
    void server.serveForever();
    for (let times = 0; times < 2; times++) await provoke(server.address);
    await vi.waitFor(() => {
      expect(told).toEqual(['finish', fault, true, 'finish', fault, true]);
    });
    expect(complain).toHaveBeenCalledWith(expect.objectContaining({ message: 'a hook fails as well' }));
    complain.mockRestore();
  });

  test('says nothing of a peer that went away, and all else on stderr', async () => {
    const complain = vi.spyOn(console, 'error').mockReturnValue();
    const faults: Error[] = [new SocketError('RESET', 'gone'), new Error('a bug')];
    let at = 0;
    const server = disposed(
      new StreamServer(anyPort, (stream) => stream.read().then(() => Promise.reject(faults[at++] as Error))),
    );
    await server.listen();
    while (at < faults.length) {
      const handled = server.handleRequest();
      await provoke(server.address);
      await handled;
    }
    expect(complain.mock.calls).toEqual([[faults[1]]]);
    complain.mockRestore();
  });

  test('handleRequest calls handleTimeout where nobody comes', async () => {
    const handleTimeout = vi.fn();
    class Waiting extends StreamServer {
      protected override handleTimeout = handleTimeout;
    }
    const server = disposed(new Waiting(anyPort, Shouting, { timeoutMs: 1 }));
    await server.handleRequest();
    expect(handleTimeout).toHaveBeenCalledOnce();
    const abort = new AbortController();
    const patient = disposed(new StreamServer(anyPort, Shouting));
    const waiting = patient.handleRequest({ signal: abort.signal });
    await patient.listen();
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('calls serviceActions after each request, and now and then', async () => {
    let calls = 0;
    class Serving extends StreamServer {
      protected override serviceActions(): void {
        calls++;
      }
    }
    const server = disposed(new Serving(anyPort, Shouting, { pollIntervalMs: 1 }));
    await server.listen();
    void server.serveForever();
    await vi.waitFor(() => expect(calls).toBeGreaterThan(2));
  });

  test('shutdown ends serveForever, which may be called again', async () => {
    const server = disposed(new StreamServer(anyPort, Shouting));
    await server.listen();
    for (let times = 0; times < 2; times++) {
      const serving = server.serveForever();
      await expect(server.serveForever()).rejects.toMatchObject({ code: 'BUSY' });
      expect(await ask(server.address, 'x')).toBe('X\n');
      await server.shutdown();
      await serving;
    }
    await server.shutdown();
  });

  test('close waits for requests, aborts those left at the deadline, and listens no more', async () => {
    const server = new StreamServer(anyPort, Shouting);
    await server.listen();
    const serving = server.serveForever();
    const slow = await connect(server.address);
    await slow.write('a\n');
    expect(new TextDecoder().decode(await slow.read())).toBe('A\n');
    expect(server.activeRequests).toBe(1);
    const closing = server.close();
    await serving;
    await expect(connect(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
    await slow.shutdown('write');
    await closing;
    expect(server.activeRequests).toBe(0);
    await expect(server.listen()).rejects.toMatchObject({ code: 'CLOSED' });

    const other = new StreamServer(anyPort, Shouting);
    await other.listen();
    void other.serveForever();
    const stuck = await connect(other.address);
    await stuck.write('a\n');
    await stuck.read();
    await other.close({ timeoutMs: 1 });
    await expect(stuck.read()).rejects.toMatchObject({ code: 'RESET' });
  });

  test('sequential() serves one after the other, concurrent({ max }) so many at a time', async () => {
    for (const [concurrency, most] of [
      [sequential(), 1],
      [concurrent({ max: 2 }), 2],
    ] as const) {
      let running = 0;
      let highest = 0;
      const handler = async (stream: SocketStream): Promise<void> => {
        highest = Math.max(highest, ++running);
        await textUntilEnd(stream);
        running--;
      };
      const server = disposed(new StreamServer(anyPort, handler, { concurrency }));
      await server.listen();
      void server.serveForever();
      await Promise.all(Array.from({ length: 5 }, () => ask(server.address, 'x')));
      expect(highest).toBe(most);
    }
  });

  test('refuses what makes no sense', () => {
    const bad = (options: StreamServerOptions) => () => new StreamServer(anyPort, Shouting, options);
    const usage = expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error;
    expect(bad({ pollIntervalMs: 0 })).toThrow(usage);
    expect(() => new StreamServer('nowhere', Shouting)).toThrow(
      expect.objectContaining({ code: 'BAD_ADDRESS' }),
    );
    expect(() => new StreamServer(anyPort, Shouting).address).toThrow(usage);
  });
});

/** Says something, and hears the connection fail. */
async function provoke(address: Address): Promise<void> {
  const client = await connect(address);
  await client.write('x');
  await gone(client);
}

/** Says `text`, and hears what comes until the end. */
async function ask(address: Address, text: string): Promise<string> {
  const client = await connect(address);
  await client.write(text);
  await client.shutdown('write');
  const answer = await textUntilEnd(client);
  await client.close();
  return answer;
}
