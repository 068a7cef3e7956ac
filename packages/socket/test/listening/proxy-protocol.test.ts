import { describe, expect, test, vi } from 'vitest';
import { connect, listen, type ListenOptions, type ProxyHeader, type SocketError } from '@wirestack/socket';
import { disposed, gone, scratchPath, textUntilEnd } from '../scratch.ts';
import { pem } from '../tls/certificates.ts';

const header: ProxyHeader = {
  version: 2,
  command: 'PROXY',
  transport: 'stream',
  source: { family: 'ipv4', host: '192.0.2.7', port: 4711 },
  destination: { family: 'ipv4', host: '198.51.100.1', port: 443 },
  extensions: [],
};
const trusted = ['127.0.0.0/8', 'unix'];

describe('listen behind a proxy', () => {
  test.each([1, 2] as const)(
    'tells the client’s address from version %i, and what follows the header',
    async (version) => {
      const listener = disposed(await listen('tcp://127.0.0.1:0', { proxyProtocol: { trusted } }));
      const client = await connect(listener.address, { proxyHeader: { ...header, version } });
      await client.write('GET /');
      await client.shutdown('write');
      const stream = await listener.accept();
      expect(stream.remoteAddress).toEqual(header.source);
      expect(stream.localAddress).toEqual(header.destination);
      expect(stream.proxy).toMatchObject({ version, command: 'PROXY' });
      expect(await textUntilEnd(stream)).toBe('GET /');
      client.abort();
    },
  );

  test('keeps the addresses of the connection for LOCAL, a health check', async () => {
    const listener = disposed(await listen(scratchPath(), { proxyProtocol: { trusted } }));
    const local: ProxyHeader = {
      ...header,
      command: 'LOCAL',
      transport: 'unspecified',
      source: undefined,
      destination: undefined,
    };
    const client = await connect(listener.address, { proxyHeader: local });
    const stream = await listener.accept();
    expect(stream.proxy?.command).toBe('LOCAL');
    expect(stream.localAddress).toEqual(listener.address);
    client.abort();
    await gone(stream);
  });

  test('reads the header before TLS', async () => {
    const listener = disposed(
      await listen('tcp://127.0.0.1:0', { tls: pem.server, proxyProtocol: { trusted } }),
    );
    const [client, stream] = await Promise.all([
      connect(listener.address, { proxyHeader: header, tls: { ca: pem.authority } }),
      listener.accept(),
    ]);
    expect(stream.remoteAddress).toEqual(header.source);
    expect(stream.tls?.protocol).toBe('TLSv1.3');
    await client.write('secret');
    await client.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('secret');
    await stream.close();
    await client.close();
  });

  test.each([
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'PROXY_HEADER'],
    ['PROXY TCP4 192.0.2.7 192.0.2.8 1 99999\r\n', 'PROXY_HEADER'],
    ['PRO', 'TRUNCATED'],
  ])('refuses %j', async (bytes, code) => {
    const { listener, refused } = await watched({ proxyProtocol: { trusted } });
    const client = await connect(listener.address);
    await client.write(bytes);
    await client.shutdown('write');
    await gone(client);
    expect(refused).toEqual([code]);
    expect(listener.dropped).toBe(1);
  });

  test('refuses who is not trusted, and lets in without a header where asked to', async () => {
    const proxyProtocol = { trusted: ['192.0.2.1'] };
    const { listener, refused } = await watched({ proxyProtocol });
    // It is reset as soon as it is accepted, which may be before it knows that it is connected.
    await connect(listener.address, { proxyHeader: header }).then(gone, () => undefined);
    expect(refused).toEqual(['PROXY_HEADER']);

    const open = disposed(
      await listen('tcp://127.0.0.1:0', { proxyProtocol: { ...proxyProtocol, others: 'accept' } }),
    );
    const [client, stream] = await Promise.all([connect(open.address), open.accept()]);
    expect(stream.remoteAddress).toEqual(client.localAddress);
    expect(stream.proxy).toBeUndefined();
    client.abort();
    await gone(stream);
  });

  test('cuts off a header that does not come', async () => {
    const { listener, refused } = await watched({ proxyProtocol: { trusted, timeoutMs: 1 } });
    await gone(await connect(listener.address));
    expect(refused).toEqual(['TIMED_OUT']);
  });

  test('refuses a list of the trusted that says nothing it can read', async () => {
    await expect(listen('tcp://127.0.0.1:0', { proxyProtocol: { trusted: ['all'] } })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });
});

async function watched(
  options: ListenOptions,
): Promise<{ listener: Awaited<ReturnType<typeof listen>>; refused: string[] }> {
  const refused: string[] = [];
  const onRefused = vi.fn((error: SocketError) => refused.push(error.code));
  return { listener: disposed(await listen('tcp://127.0.0.1:0', { ...options, onRefused })), refused };
}
