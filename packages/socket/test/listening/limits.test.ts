import { describe, expect, test, vi } from 'vitest';
import { connect, listen, SocketError, type Address, type SocketStream } from '@wirestack/socket';
import { disposed, gone, scratchPath, textUntilEnd } from '../scratch.ts';

describe('listen', () => {
  test('with whenFull: wait leaves a connection unread until another ends', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0', { maxConnections: 1, whenFull: 'wait' }));
    const [first, second] = await Promise.all([connect(listener.address), connect(listener.address)]);
    await first.write('1');
    await second.write('2');
    const served = await listener.accept();
    const name = text(await served.read());
    await expect(listener.accept({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(listener.dropped).toBe(0);
    const waiting = listener.accept();
    served.abort();
    const next = await waiting;
    expect([name, text(await next.read())].sort()).toEqual(['1', '2']);
    for (const stream of [first, second, next]) stream.abort();
  });

  test('with whenFull: wait, connections that went away while they waited keep nobody waiting', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0', { maxConnections: 1, whenFull: 'wait' }));
    const first = await connect(listener.address);
    const served = await listener.accept();
    const leaver = await connect(listener.address);
    leaver.abort();
    const last = await connect(listener.address);
    await last.write('last');
    await last.shutdown('write');
    served.abort();
    let words = '';
    while (words !== 'last') {
      const stream = await listener.accept();
      words = await textUntilEnd(stream).catch(() => '');
      stream.abort();
    }
    first.abort();
    last.abort();
  });

  test('closing it ends those that wait', async () => {
    const listener = await listen(scratchPath(), { maxConnections: 1, whenFull: 'wait' });
    const first = await connect(listener.address);
    const served = await listener.accept();
    const second = await connect(listener.address);
    await listener.close();
    await gone(second);
    served.abort();
    await gone(first);
  });

  test('has reusePort where the platform has it, and says so where not', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 22 || (major === 22 && minor >= 12)) {
      const one = disposed(await listen('tcp://127.0.0.1:0', { reusePort: true }));
      disposed(await listen(one.address, { reusePort: true }));
    } else {
      await expect(listen('tcp://127.0.0.1:0', { reusePort: true })).rejects.toMatchObject({
        name: 'SocketError',
        code: 'UNSUPPORTED',
      });
    }
    await expect(listen(scratchPath(), { reusePort: true })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('takes IPv4 on an IPv6 address unless told not to', async () => {
    const both = disposed(await listen('tcp://[::]:0'));
    const { port } = both.address as Address & { port: number };
    const client = await connect(`127.0.0.1:${String(port)}`);
    expect((await both.accept()).remoteAddress).toMatchObject({ family: 'ipv4', host: '127.0.0.1' });
    client.abort();
    const one = disposed(await listen('tcp://[::]:0', { ipv6Only: true }));
    const { port: other } = one.address as Address & { port: number };
    await expect(connect(`127.0.0.1:${String(other)}`)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('refuses a descriptor that is none', async () => {
    await expect(listen({ fd: -1 })).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(listen('fd:999999')).rejects.toBeInstanceOf(SocketError);
  });

  test('keeps connections alive where asked to', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0', { keepAliveMs: 1000 }));
    const [client, server] = await Promise.all([
      connect(listener.address, { keepAliveMs: 1000 }),
      listener.accept(),
    ]);
    for (const stream of [client, server]) exercise(stream);
    await client.write('still there');
    await client.close();
    expect(await textUntilEnd(server)).toBe('still there');
  });
});

function exercise(stream: SocketStream): void {
  stream.setKeepAlive(false);
  stream.setKeepAlive(60_000);
  stream.setNoDelay(false);
  stream.unref();
  stream.ref();
  expect(() => {
    stream.setKeepAlive(0);
  }).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

test('onRefused is not told of what is in order', async () => {
  const onRefused = vi.fn();
  const listener = disposed(await listen('tcp://127.0.0.1:0', { onRefused }));
  const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
  client.abort();
  await gone(server);
  expect(onRefused).not.toHaveBeenCalled();
});
