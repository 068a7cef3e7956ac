import { describe, expect, test } from 'vitest';
import { encodeProxyHeader } from '@wirestack/socket/proxy-protocol';
import { startTls } from '@wirestack/socket/tls';
import type { Handler } from '@wirestack/http';
import { authority, serverPem } from './certificates.ts';
import { serving, turnsUntil } from './harness.ts';
import { get } from './raw-client.ts';

/** Where a request comes from: `scheme authority client`. */
const origin: Handler = ({ scheme, authority, clientAddress }) => ({
  status: 200,
  body: [scheme, authority, clientAddress].join(' '),
});

test.each([
  ['origin-form', 'GET /b?http://c/ HTTP/1.1\r\nHost: a:80\r\n\r\n', 'http a:80 127.0.0.1'],
  ['origin-form of two slashes', 'GET //evil/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http a 127.0.0.1'],
  ['absolute-form', 'GET http://a:80/b?c HTTP/1.1\r\nHost: a:80\r\n\r\n', 'http a:80 127.0.0.1'],
  ['absolute-form without a path', 'GET http://a HTTP/1.1\r\nHost: a\r\n\r\n', 'http a 127.0.0.1'],
  ['absolute-form with a query only', 'GET http://a?//evil/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http a 127.0.0.1'],
  ['absolute-form of HTTP/1.0, without Host', 'GET http://a/ HTTP/1.0\r\n\r\n', 'http a 127.0.0.1'],
  ['authority-form', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 'http a:443 127.0.0.1'],
  ['asterisk-form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 'http a 127.0.0.1'],
  ['no Host, as HTTP/1.0 permits', 'GET / HTTP/1.0\r\n\r\n', 'http  127.0.0.1'],
])('the authority that was asked for: %s', async (_name, request, told) => {
  const { client } = await serving((received) => ({
    ...(origin(received) as { body: string }),
    status: 400,
  }));
  const peer = await client();
  await peer.send(request);
  expect((await peer.answer()).body).toBe(told);
});

describe('proxyProtocol', () => {
  const source = { family: 'ipv4', host: '192.0.2.1', port: 4711 } as const;
  const destination = { family: 'ipv4', host: '198.51.100.1', port: 443 } as const;
  const header = (version: 1 | 2): Uint8Array =>
    encodeProxyHeader({
      version,
      command: 'PROXY',
      transport: 'stream',
      source,
      destination,
      extensions: [],
    });
  const options = { proxyProtocol: { trusted: ['127.0.0.1'] } };
  const addresses: Handler = ({ clientAddress, remoteAddress, localAddress }) => ({
    status: 200,
    body: JSON.stringify([clientAddress, remoteAddress, localAddress]),
  });

  test.each([1, 2] as const)('version %i names the client, whose requests follow', async (version) => {
    const { client } = await serving(addresses, options);
    const bytes = Buffer.concat([header(version), Buffer.from(get())]);
    for (const cut of [bytes.length, 1, 11, header(version).length, header(version).length + 5]) {
      const peer = await client();
      await peer.send(bytes.subarray(0, cut));
      await peer.send(bytes.subarray(cut));
      expect(JSON.parse((await peer.answer()).body)).toEqual([source.host, source, destination]);
      await peer.send(get());
      expect((await peer.answer()).body).toContain(source.host);
    }
  });

  test.each([1, 2] as const)('version %i before TLS', async (version) => {
    const { client } = await serving(origin, { ...options, tls: serverPem }, 'tls://127.0.0.1:0');
    const peer = await client();
    await peer.send(header(version));
    const secured = await startTls(peer.stream, { client: { ca: authority, servername: 'localhost' } });
    await secured.write(get());
    const answer = Buffer.from((await secured.read()) ?? []).toString();
    expect(answer.endsWith(`https a ${source.host}`)).toBe(true);
    await secured.close();
  });

  test('whom it names is asked for trust, and not the proxy', async () => {
    for (const from of ['192.0.2.0/24', '127.0.0.1']) {
      const { client } = await serving(origin, { ...options, trustProxy: { from: [from] } });
      const peer = await client();
      await peer.send(header(2));
      await peer.send(get('/', 'X-Forwarded-For: 203.0.113.9\r\n'));
      expect((await peer.answer()).body).toBe(
        from === '127.0.0.1' ? 'http a 192.0.2.1' : 'http a 203.0.113.9',
      );
    }
  });

  test('a proxy that speaks for itself', async () => {
    const { client } = await serving(origin, options);
    const peer = await client();
    await peer.send('PROXY UNKNOWN\r\n');
    await peer.send(get());
    expect((await peer.answer()).body).toBe('http a 127.0.0.1');
  });

  test('no header, a forged one, and one of somebody else: dropped', async () => {
    const { client, server } = await serving(origin, options);
    for (const bytes of [get(), 'PROXY TCP4 1.2.3.4 5.6.7.8 99999 1\r\n', 'PROXY TCP4 1.2.3.4\r\n']) {
      const peer = await client();
      await peer.send(bytes);
      expect(await peer.untilCut()).toBe('');
    }
    expect(server.stats).toMatchObject({ requests: 0, dropped: 3 });
    const strict = await serving(origin, { proxyProtocol: { trusted: ['10.0.0.1'] } });
    // It may be gone before the connection is open here.
    await strict
      .client()
      .then((peer) => peer.send(header(1)))
      .catch(() => undefined);
    await turnsUntil(() => strict.server.stats.dropped === 1);
  });
});
