import { describe, expect, test } from 'vitest';
import { socketPair } from '@wirestack/socket';
import { readProxyHeader } from '@wirestack/socket/proxy-protocol';
import { textUntilEnd } from '../scratch.ts';
import { ascii, vectors } from './vectors.ts';

const text = new TextDecoder();

describe('readProxyHeader', () => {
  test.each(vectors)(
    'reads the header, and leaves the rest to the stream: $name',
    async ({ bytes, header }) => {
      const [proxy, server] = socketPair();
      await proxy.write(Uint8Array.of(...bytes, ...ascii('GET /')));
      await proxy.write(' HTTP/1.1');
      await proxy.shutdown('write');
      const result = await readProxyHeader(server);
      expect(result.header).toEqual(header);
      expect(text.decode(result.rest) + (await textUntilEnd(server))).toBe('GET / HTTP/1.1');
    },
  );

  test('reads what comes byte by byte, and nothing behind it', async () => {
    const [proxy, server] = socketPair();
    const reading = readProxyHeader(server);
    for (const byte of ascii('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n')) {
      await proxy.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    const { header, rest } = await reading;
    expect(header.source).toEqual({ family: 'ipv4', host: '192.0.2.1', port: 1 });
    expect(rest).toHaveLength(0);
    await proxy.write('next');
    expect(text.decode(await server.read())).toBe('next');
  });

  test.each(['GET / HTTP/1.1\r\n\r\n', 'PROXY TCP4 localhost', '\r\n\r\n\0\r\nQUIX'])(
    'rejects PROXY_HEADER for %j without waiting for more',
    async (sent) => {
      const [proxy, server] = socketPair();
      await proxy.write(sent);
      await expect(readProxyHeader(server)).rejects.toMatchObject({
        name: 'SocketError',
        code: 'PROXY_HEADER',
      });
    },
  );

  test.each(['', 'PROXY', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r'])(
    'rejects TRUNCATED where the peer finishes after %j',
    async (sent) => {
      const [proxy, server] = socketPair();
      await proxy.write(sent);
      await proxy.shutdown('write');
      await expect(readProxyHeader(server)).rejects.toMatchObject({ name: 'SocketError', code: 'TRUNCATED' });
    },
  );

  test('rejects TIMED_OUT where the header is not whole in time, and leaves the stream to the caller', async () => {
    const [proxy, server] = socketPair();
    const reading = readProxyHeader(server, { timeoutMs: 5 });
    let isOver = false;
    const rejected = expect(reading).rejects.toMatchObject({ name: 'SocketError', code: 'TIMED_OUT' });
    void rejected.then(() => (isOver = true));
    await proxy.write('PROXY UNKNOWN ');
    while (!isOver) await new Promise(setImmediate);
    await rejected;
    await proxy.write('for the next read');
    expect(text.decode(await server.read())).toBe('for the next read');
  });

  test('rejects ABORTED with the reason as cause, and leaves the stream to the caller', async () => {
    const [proxy, server] = socketPair();
    const controller = new AbortController();
    const reading = readProxyHeader(server, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    await proxy.write('still there');
    expect(text.decode(await server.read())).toBe('still there');
  });

  test('rejects as reading does where the peer resets', async () => {
    const [proxy, server] = socketPair();
    const reading = readProxyHeader(server);
    proxy.abort();
    await expect(reading).rejects.toMatchObject({ code: 'RESET' });
  });

  test('holds to a limit of the caller', async () => {
    const [proxy, server] = socketPair();
    const { bytes } = vectors.at(-1)!;
    await proxy.write(bytes);
    await expect(readProxyHeader(server, { maxBytes: bytes.length - 1 })).rejects.toMatchObject({
      code: 'PROXY_HEADER',
    });
    await expect(readProxyHeader(server, { maxBytes: 1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(readProxyHeader(server, { timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});
