import { connect as netConnect, type AddressInfo } from 'node:net';
import { createServer, connect as tlsConnect } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect, listen, serve, socketPair, type Address, type SocketStream } from '@wirestack/socket';
import { startTls, TlsTerminator, type TlsServerOptions } from '@wirestack/socket/tls';
import { disposed, gone, scratchPath, textUntilEnd } from '../scratch.ts';
import { pem } from './certificates.ts';

const ca = pem.authority;

describe('connect and listen over TLS', () => {
  test('agree, and tell what on', async () => {
    const [client, server] = await pair(
      { ...pem.server, alpn: ['b', 'a'] },
      { alpn: ['a', 'b'], servername: 'localhost' },
    );
    expect(client.tls).toMatchObject({
      protocol: 'TLSv1.3',
      cipher: { version: expect.any(String) as string },
      alpn: 'b',
      isAuthorized: true,
      authorizationError: undefined,
      isResumed: false,
    });
    expect(client.tls?.peerCertificate?.subject.CN).toBe('localhost');
    expect(server.tls).toMatchObject({ protocol: 'TLSv1.3', alpn: 'b', servername: 'localhost' });
    expect(server.tls?.peerCertificate).toBeUndefined();
    await client.write('over TLS');
    await client.shutdown('write');
    expect(await textUntilEnd(server)).toBe('over TLS');
    expect(client.bytesWritten).toBeGreaterThan('over TLS'.length);
  });

  test('agree over a Unix path', async () => {
    const listener = disposed(await listen(scratchPath(), { tls: pem.server }));
    const [client, server] = await Promise.all([
      connect(listener.address, { tls: { ca, servername: 'localhost' } }),
      listener.accept(),
    ]);
    await client.write('x');
    await client.close();
    expect(await textUntilEnd(server)).toBe('x');
  });

  test('`tls://` asks for it on both sides', async () => {
    await expect(listen('tls://127.0.0.1:0')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    const listener = disposed(await listen('tls://127.0.0.1:0', { tls: pem.server }));
    const { port } = listener.address as Address & { port: number };
    await expect(connect(`tls://localhost:${String(port)}`)).rejects.toMatchObject({ code: 'TLS' });
  });

  test('refuse a certificate that nobody vouches for, and one of another name', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server }));
    await expect(connect(listener.address, { tls: true })).rejects.toMatchObject({
      name: 'SocketError',
      code: 'TLS',
      cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    });
    await expect(connect(listener.address, { tls: { ca, servername: 'other.test' } })).rejects.toMatchObject({
      code: 'TLS',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    const trusting = connect(listener.address, { tls: { rejectUnauthorized: false } });
    const client = await trusting;
    expect(client.tls).toMatchObject({
      isAuthorized: false,
      authorizationError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    client.abort();
  });

  test('choose the certificate by name (SNI)', async () => {
    const sni = vi.fn((name: string) => Promise.resolve(name === 'other.test' ? pem.other : undefined));
    const options: TlsServerOptions = { ...pem.server, sni };
    const [other] = await pair(options, { servername: 'other.test' });
    expect(other.tls?.peerCertificate?.subject.CN).toBe('other.test');
    const [local] = await pair(options, { servername: 'localhost' });
    expect(local.tls?.peerCertificate?.subject.CN).toBe('localhost');
    expect(sni.mock.calls).toEqual([['other.test'], ['localhost']]);
  });

  test('end the handshake where the choice by name fails', async () => {
    const refused = vi.fn();
    const tls = { ...pem.server, sni: () => Promise.reject(new Error('no such name')) };
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls, onRefused: refused }));
    await expect(connect(listener.address, { tls: { ca, servername: 'x.test' } })).rejects.toMatchObject({
      name: 'SocketError',
    });
    await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
    expect(listener.dropped).toBe(1);
  });

  test('ask for certificates of clients, and refuse who has none', async () => {
    const tls = { ...pem.server, ca, requestCert: true };
    const [client, server] = await pair(tls, pem.client);
    expect(server.tls).toMatchObject({ isAuthorized: true });
    expect(server.tls?.peerCertificate?.subject.CN).toBe('client');
    client.abort();

    const refused = vi.fn();
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls, onRefused: refused }));
    // TLS 1.3: the client is done before the server has looked.
    const stranger = await connect(listener.address, { tls: { ca } });
    await gone(stranger);
    await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
    expect(refused.mock.calls[0]?.[0]).toMatchObject({ name: 'SocketError' });
  });

  test('refuse a client of other protocols only (ALPN, RFC 7301 section 3.2)', async () => {
    const listener = disposed(
      await listen('tcp://127.0.0.1:0', { tls: { ...pem.server, alpn: ['http/1.1'] } }),
    );
    await expect(connect(listener.address, { tls: { ca, alpn: ['h2'] } })).rejects.toMatchObject({
      code: 'TLS',
    });
  });

  test('a client that speaks no TLS is refused, and the listener goes on', async () => {
    const refused = vi.fn();
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server, onRefused: refused }));
    const { port } = listener.address as Address & { port: number };
    const plain = netConnect(port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => plain.once('close', resolve).resume());
    expect(refused.mock.calls[0]?.[0]).toMatchObject({ code: 'TLS' });
    const [client, server] = await Promise.all([
      connect(listener.address, { tls: { ca } }),
      listener.accept(),
    ]);
    client.abort();
    await gone(server);
  });

  test('a handshake that never ends is cut off on either side', async () => {
    const refused = vi.fn();
    const tls = { ...pem.server, handshakeTimeoutMs: 1 };
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls, onRefused: refused }));
    const silent = await connect(listener.address);
    await gone(silent);
    expect(refused.mock.calls[0]?.[0]).toMatchObject({ code: 'TIMED_OUT' });

    const mute = disposed(await serve('tcp://127.0.0.1:0', () => undefined));
    await expect(connect(mute.address, { tls: { ca }, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await mute.drain({ timeoutMs: 1000 });
  });

  test('closing the listener ends handshakes', async () => {
    const listener = await listen('tcp://127.0.0.1:0', { tls: pem.server });
    const silent = await connect(listener.address);
    await silent.write('x');
    await listener.close();
    await gone(silent);
    await expect(silent.closed).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a certificate that is none is the caller’s fault', async () => {
    await expect(listen('tcp://127.0.0.1:0', { tls: { cert: 'no', key: 'no' } })).rejects.toMatchObject({
      name: 'SocketUsageError',
      code: 'BAD_ARGUMENT',
    });
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    await expect(connect(listener.address, { tls: { cert: 'no', key: 'no' } })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });

  test('takes a session up again', async () => {
    const terminator = new TlsTerminator(pem.server);
    const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: terminator }));
    const { port } = listener.address as Address & { port: number };
    void (async () => {
      for await (const stream of listener) void stream.write('hello');
    })();
    const session = await new Promise<Buffer>((resolve) => {
      const first = tlsConnect({ port, host: '127.0.0.1', ca, servername: 'localhost' });
      first.once('session', resolve).resume();
      onTestFinished(() => {
        first.destroy();
      });
    });
    const again = await connect(listener.address, { tls: { ca, session, servername: 'localhost' } });
    expect(again.tls?.isResumed).toBe(true);
    again.abort();
  });

  test('speak with node:tls on either side', async () => {
    const [, server] = await Promise.all([
      (async () => {
        const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server }));
        const { port } = listener.address as Address & { port: number };
        const client = tlsConnect({ port, host: '127.0.0.1', ca });
        client.end('from node');
        expect(await textUntilEnd(await listener.accept())).toBe('from node');
        client.destroy();
      })(),
      new Promise<ReturnType<typeof createServer>>((resolve) => {
        const node = createServer(pem.server, (socket) => socket.end('from node'));
        node.listen(0, '127.0.0.1', () => {
          resolve(node);
        });
      }),
    ]);
    const { port } = server.address() as AddressInfo;
    const client = await connect(`tls://127.0.0.1:${String(port)}`, { tls: { ca } });
    expect(await textUntilEnd(client)).toBe('from node');
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('startTls', () => {
  test('upgrades both ends of a connection, after words in clear', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
    await client.write('STARTTLS\r\n');
    expect(new TextDecoder().decode(await server.read())).toBe('STARTTLS\r\n');
    const upgraded = startTls(server, { server: pem.server, announce: '220 go ahead\r\n' });
    expect(new TextDecoder().decode(await client.read())).toBe('220 go ahead\r\n');
    const secure = await startTls(client, { client: { ca, servername: 'localhost' } });
    const other = await upgraded;
    expect(secure.tls?.protocol).toBe('TLSv1.3');
    expect(secure.remoteAddress).toEqual(listener.address);
    await secure.write('secret');
    await secure.shutdown('write');
    expect(await textUntilEnd(other)).toBe('secret');
    await expect(client.read()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.write('x')).rejects.toMatchObject({ code: 'CLOSED' });
    await other.close();
    await secure.close();
  });

  test('refuses what came in clear before the handshake (CVE-2011-0411)', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
    void client.write('STARTTLS\r\nRCPT TO:<mallory>\r\n');
    server.watch(() => undefined);
    await vi.waitFor(() => expect(server.isReadable).toBe(true));
    await expect(startTls(server, { server: pem.server })).rejects.toMatchObject({
      code: 'TLS',
      message: expect.stringContaining('in clear') as string,
    });
    await gone(client);
  });

  test('works over a stream that no kernel knows', async () => {
    const [a, b] = socketPair();
    const [server, client] = await Promise.all([
      startTls(a, { server: pem.server }),
      startTls(b, { client: { ca, servername: 'localhost' } }),
    ]);
    await client.write('within');
    await client.shutdown('write');
    expect(await textUntilEnd(server)).toBe('within');
    expect(client.remoteAddress).toEqual(b.remoteAddress);
    await server.close();
    await client.close();
  });

  test('takes one side, not both and not none', async () => {
    const [a] = socketPair();
    await expect(startTls(a, {})).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(startTls(a, { client: {}, server: pem.server })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });
});

async function pair(
  server: TlsServerOptions,
  client: object,
): Promise<[client: SocketStream, server: SocketStream]> {
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: server }));
  const streams = await Promise.all([
    connect(listener.address, { tls: { ca, ...client } }),
    listener.accept(),
  ]);
  onTestFinished(() => {
    for (const stream of streams) stream.abort();
  });
  return streams;
}
