import { describe, expect, test, vi } from 'vitest';
import { connectDatagram, type Address } from '@wirestack/socket';
import { DatagramRequestHandler, DatagramServer, type Concurrency } from '@wirestack/socket/server';
import { disposed } from '../scratch.ts';

const anyPort = 'udp://127.0.0.1:0';

/** Seed 004's MyUDPHandler: a packet in, the same in capitals back. */
class Shouting extends DatagramRequestHandler {
  override handle(): void {
    this.writer.write(new TextDecoder().decode(this.packet).toUpperCase());
    this.writer.write('!');
  }
}

describe('DatagramServer', () => {
  test('serves each packet by an object of the handler class, and sends what it wrote as one packet', async () => {
    const server = disposed(new DatagramServer(anyPort, Shouting));
    await server.listen();
    const serving = server.serveForever();
    expect(await ask(server.address, 'hello')).toBe('HELLO!');
    expect(await ask(server.address, '')).toBe('!');
    expect(server.dropped).toBe(0);
    await server.close();
    await serving;
  });

  test('sends nothing for a handler that wrote nothing, and an empty packet for an empty write', async () => {
    class Picky extends DatagramRequestHandler {
      override handle(): void {
        if (this.packet.length === 1) this.writer.write('');
      }
    }
    const server = disposed(new DatagramServer(anyPort, Picky));
    await server.listen();
    void server.serveForever();
    const client = disposed(await connectDatagram(server.address));
    await client.send('no answer to this');
    await client.send('x');
    expect((await client.receive()).data).toHaveLength(0);
  });

  test('takes a plain function, and calls its hooks', async () => {
    const handleError = vi.fn();
    class Hooked extends DatagramServer {
      protected override verifyRequest(request: { data: Uint8Array }): boolean {
        return request.data.length > 0;
      }
      protected override handleError = handleError;
    }
    const server = disposed(
      new Hooked(anyPort, async (request) => {
        if (request.data.length === 1) throw new Error('one');
        await request.reply('fine');
      }),
    );
    await server.listen();
    void server.serveForever();
    const client = disposed(await connectDatagram(server.address));
    for (const text of ['', 'x', 'xx']) await client.send(text);
    expect((await client.receive()).data).toEqual(Buffer.from('fine'));
    expect(handleError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'one' }),
      expect.objectContaining({ from: client.localAddress }),
      client.localAddress,
    );
  });

  test('close lets a request answer that runs', async () => {
    let answer: (() => void) | undefined;
    const server = new DatagramServer(anyPort, async (request) => {
      await new Promise<void>((resolve) => (answer = resolve));
      await request.reply('late');
    });
    await server.listen();
    void server.serveForever();
    const client = disposed(await connectDatagram(server.address));
    await client.send('x');
    await vi.waitFor(() => expect(answer).toBeDefined());
    const closing = server.close();
    answer?.();
    await closing;
    expect((await client.receive()).data).toEqual(Buffer.from('late'));
  });

  test('refuses a concurrency that takes connections only', () => {
    const concurrency: Concurrency = {
      name: 'threads',
      run: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    };
    expect(() => new DatagramServer(anyPort, Shouting, { concurrency })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  });
});

async function ask(address: Address, text: string): Promise<string> {
  const client = disposed(await connectDatagram(address));
  await client.send(text);
  return new TextDecoder().decode((await client.receive()).data);
}
