import { describe, expect, test, vi } from 'vitest';
import { connect, serve, SocketError, type Address, type ByteStream } from '@wirestack/socket';
import { disposed, gone, scratchPath, textUntilEnd } from '../scratch.ts';

const anyPort = 'tcp://127.0.0.1:0';

describe('serve', () => {
  test.each(['tcp://127.0.0.1:0', 'unix'])(
    'calls the handler for every connection at the same time, on %s',
    async (where) => {
      const server = disposed(
        await serve(where === 'unix' ? scratchPath() : where, async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
        }),
      );
      const texts = ['one', 'two', 'three', 'four'];
      const clients = await Promise.all(texts.map(() => connect(server.address)));
      await Promise.all(
        clients.map(async (client, index) => {
          await client.write(texts[index] ?? '');
          await client.shutdown('write');
        }),
      );
      expect(await Promise.all(clients.map(textUntilEnd))).toEqual(texts);
      await Promise.all(clients.map((client) => client.close()));
      await server.drain();
      expect(server.connections).toBe(0);
    },
  );

  test('closes the stream when the handler’s promise resolves', async () => {
    const server = disposed(await serve(anyPort, (stream) => stream.write('bye')));
    const client = await connect(server.address);
    expect(await textUntilEnd(client)).toBe('bye');
    await client.close();
    await server.drain();
  });

  test('aborts the stream when the handler’s promise rejects, and tells onError', async () => {
    const fault = new Error('handler');
    const onError = vi.fn();
    const server = disposed(
      await serve(anyPort, (stream) => stream.read().then(() => Promise.reject(fault)), { onError }),
    );
    await gone(await greet(server.address));
    expect(onError).toHaveBeenCalledExactlyOnceWith(fault, expect.anything());
    const stream = onError.mock.calls[0]?.[1] as ByteStream;
    await expect(stream.closed).rejects.toMatchObject({ code: 'ABORTED', cause: fault });
  });

  test('aborts the stream when the handler throws, and goes on serving', async () => {
    const fault = new Error('handler');
    const onError = vi.fn();
    let calls = 0;
    const server = disposed(
      await serve(
        anyPort,
        (stream) => {
          if (++calls === 1) throw fault;
          return stream.write('fine');
        },
        { onError },
      ),
    );
    await connect(server.address).then(gone, () => undefined);
    expect(onError).toHaveBeenCalledExactlyOnceWith(fault, expect.anything());
    expect(await textUntilEnd(await connect(server.address))).toBe('fine');
  });

  test('a handler that returns nothing has taken the stream over', async () => {
    const server = disposed(
      await serve(anyPort, (stream) => {
        stream.attach({
          data: (chunk) => void stream.write(chunk),
          end: () => void stream.close(),
          closed: () => undefined,
          drain: () => undefined,
        });
        return undefined;
      }),
    );
    const client = await connect(server.address);
    await client.write('echo');
    await client.shutdown('write');
    expect(await textUntilEnd(client)).toBe('echo');
    await server.drain();
  });

  test('by default a fault is written to stderr, a peer that went away is not', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      const faults = [new SocketError('RESET', 'peer'), new Error('program')];
      const server = disposed(
        await serve(anyPort, async (stream) => {
          await stream.read();
          throw faults.shift() ?? new Error('none left');
        }),
      );
      await gone(await greet(server.address));
      expect(written).not.toHaveBeenCalled();
      await gone(await greet(server.address));
      expect(written).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'program' }));
    } finally {
      written.mockRestore();
    }
  });

  test('close() stops accepting and leaves open streams alone; drain() aborts them at the deadline', async () => {
    const opened: ByteStream[] = [];
    const server = await serve(anyPort, (stream) => {
      opened.push(stream);
      return stream.read();
    });
    const client = await connect(server.address);
    await client.write('');
    while (server.connections === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    await server.close();
    await expect(connect(server.address)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(server.connections).toBe(1);
    await server.drain({ timeoutMs: 1 });
    expect(server.connections).toBe(0);
    await gone(client);
    expect(opened).toHaveLength(1);
  });

  test('counts what maxConnections turns away', async () => {
    const server = disposed(await serve(anyPort, (stream) => stream.read(), { maxConnections: 1 }));
    const first = await connect(server.address);
    await gone(await connect(server.address));
    expect(server.dropped).toBe(1);
    await first.close();
  });

  test('peers that reset at every stage do not end the process', async () => {
    const server = disposed(
      await serve(anyPort, async (stream) => {
        for await (const chunk of stream) await stream.write(chunk);
      }),
    );
    const early = await connect(server.address);
    early.abort();
    const writing = await connect(server.address);
    void writing.write(new Uint8Array(1_000_000));
    writing.abort();
    const reading = await connect(server.address);
    await reading.write('x');
    await reading.read();
    reading.abort();
    const halfClosed = await connect(server.address);
    await halfClosed.shutdown('write');
    halfClosed.abort();
    const client = await connect(server.address);
    await client.write('alive');
    await client.shutdown('write');
    expect(await textUntilEnd(client)).toBe('alive');
    await server.drain();
  });
});

/** A client that has said something, so that the handler can wait for it before it fails. */
async function greet(address: Address): Promise<ByteStream> {
  const client = await connect(address);
  await client.write('x');
  return client;
}
