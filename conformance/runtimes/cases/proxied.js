// @ts-check
import assert from 'node:assert/strict';
import { connect, listen } from '@wirestack/socket';
import { encodeProxyHeader, ProxyHeaderDecoder } from '@wirestack/socket/proxy-protocol';
import { pem } from '../certificates.js';
import { gone, rejects, textUntilEnd } from '../talking.js';

const anyPort = 'tcp://127.0.0.1:0';
const trusted = ['127.0.0.0/8', '::1', 'unix'];

/** @type {import('@wirestack/socket').ProxyHeader} */
const header = {
  version: 2,
  command: 'PROXY',
  transport: 'stream',
  source: { family: 'ipv4', host: '192.0.2.7', port: 4711 },
  destination: { family: 'ipv4', host: '198.51.100.1', port: 443 },
  extensions: [],
};

/** @type {import('../case.js').Case[]} */
export const proxied = [
  ...[1, 2].map((version) => ({
    name: `version ${String(version)} tells the client's address, and what follows the header is read`,
    run: async (/** @type {import('../case.js').Context} */ context) => {
      const listener = context.own(await listen(anyPort, { proxyProtocol: { trusted } }));
      const client = context.own(
        await connect(listener.address, {
          proxyHeader: /** @type {typeof header} */ ({ ...header, version }),
        }),
      );
      await client.write('GET /');
      await client.shutdown('write');
      const stream = context.own(await listener.accept());
      assert.deepEqual(stream.remoteAddress, header.source);
      assert.deepEqual(stream.localAddress, header.destination);
      assert.equal(stream.proxy?.version, version);
      assert.equal(await textUntilEnd(stream), 'GET /');
    },
  })),
  {
    name: 'the header comes before TLS',
    run: async (context) => {
      const options = { tls: pem.server, proxyProtocol: { trusted } };
      const listener = context.own(await listen(context.path(), options));
      const tls = { ca: pem.authority, servername: 'localhost' };
      const [client, stream] = await Promise.all([
        connect(listener.address, { proxyHeader: header, tls }),
        listener.accept(),
      ]);
      context.own(stream);
      assert.deepEqual(stream.remoteAddress, header.source);
      assert.equal(stream.tls?.protocol, 'TLSv1.3');
      await client.write('secret');
      await client.close();
      assert.equal(await textUntilEnd(stream), 'secret');
    },
  },
  {
    name: 'what is no header is PROXY_HEADER, and the connection is dropped',
    run: async (context) => {
      const { listener, codes } = await refusals(context, { trusted });
      const client = context.own(await connect(listener.address));
      await client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await gone(client);
      assert.deepEqual(codes, ['PROXY_HEADER']);
      assert.equal(listener.dropped, 1);
    },
  },
  {
    name: 'a header that does not come is TIMED_OUT',
    run: async (context) => {
      const { listener, codes } = await refusals(context, { trusted, timeoutMs: 1 });
      await gone(context.own(await connect(listener.address)));
      assert.deepEqual(codes, ['TIMED_OUT']);
    },
  },
  {
    name: 'who is not trusted is refused',
    run: async (context) => {
      const { listener, codes } = await refusals(context, { trusted: ['192.0.2.1'] });
      // It is reset as soon as it is accepted, which may be before it knows that it is connected.
      await connect(listener.address, { proxyHeader: header }).then(gone, () => undefined);
      assert.deepEqual(codes, ['PROXY_HEADER']);
      await rejects(listen(anyPort, { proxyProtocol: { trusted: ['all'] } }), 'BAD_ARGUMENT');
    },
  },
  {
    name: 'a header is decoded byte by byte, with its checksum',
    run: async () => {
      const encoded = encodeProxyHeader(header, { checksum: true });
      const decoder = new ProxyHeaderDecoder();
      for (const byte of encoded) {
        assert.equal(decoder.next(), undefined);
        decoder.push(Uint8Array.of(byte));
      }
      const decoded = decoder.next();
      assert.deepEqual(decoded?.source, header.source);
      assert.deepEqual(decoded?.destination, header.destination);
    },
  },
];

/**
 * @param {import('../case.js').Context} context
 * @param {import('@wirestack/socket').ProxyProtocolOptions} proxyProtocol
 */
async function refusals(context, proxyProtocol) {
  /** @type {string[]} */
  const codes = [];
  const onRefused = (/** @type {import('@wirestack/socket').SocketError} */ { code }) => codes.push(code);
  return { listener: context.own(await listen(anyPort, { proxyProtocol, onRefused })), codes };
}
