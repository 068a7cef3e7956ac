// @ts-check
import assert from 'node:assert/strict';
import { connect as tlsConnect } from 'node:tls';
import { connect, listen, serve, socketPair } from '@wirestack/socket';
import { startTls, TlsTerminator } from '@wirestack/socket/tls';
import { pem } from '../certificates.js';
import { gone, portOf, rejects, text, textUntilEnd, turnsUntil } from '../talking.js';

const anyPort = 'tcp://127.0.0.1:0';
const ca = pem.authority;
const localhost = { ca, servername: 'localhost' };

/** @type {import('../case.js').Case[]} */
export const securing = [
  {
    name: 'both sides agree, and tell what on',
    run: async (context) => {
      const [client, server] = await pair(
        context,
        { ...pem.server, alpn: ['b', 'a'] },
        { ...localhost, alpn: ['a', 'b'] },
      );
      assert.equal(client.tls?.protocol, 'TLSv1.3');
      assert.equal(client.tls.alpn, 'b');
      assert.equal(client.tls.isAuthorized, true);
      assert.equal(client.tls.authorizationError, undefined);
      assert.equal(server.tls?.protocol, 'TLSv1.3');
      assert.equal(server.tls.alpn, 'b');
      await client.write('over TLS');
      await client.shutdown('write');
      assert.equal(await textUntilEnd(server), 'over TLS');
    },
  },
  {
    name: 'the bytes of the network are counted, with those of the handshake',
    run: async (context) => {
      const [client, server] = await pair(context, pem.server, localhost);
      await client.write('over TLS');
      await client.shutdown('write');
      await textUntilEnd(server);
      assert.ok(client.bytesWritten > 500, `${String(client.bytesWritten)} bytes written`);
      assert.ok(server.bytesRead > 500, `${String(server.bytesRead)} bytes read`);
    },
  },
  {
    name: 'each side tells the name asked for, the cipher, and the certificate of the other',
    run: async (context) => {
      const [client, server] = await pair(context, pem.server, localhost);
      assert.equal(client.tls?.peerCertificate?.subject.CN, 'localhost');
      assert.equal(server.tls?.servername, 'localhost');
      assert.equal(server.tls.peerCertificate, undefined);
      assert.equal(typeof server.tls.cipher.name, 'string');
      assert.equal(client.tls.isResumed, false);
    },
  },
  {
    name: 'over a Unix path',
    run: async (context) => {
      const listener = context.own(await listen(context.path(), { tls: pem.server }));
      const [client, server] = await Promise.all([
        connect(listener.address, { tls: localhost }),
        listener.accept(),
      ]);
      context.own(server);
      await client.write('x');
      await client.close();
      assert.equal(await textUntilEnd(server), 'x');
    },
  },
  {
    name: 'a certificate that nobody vouches for is TLS',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { tls: pem.server }));
      const { cause } = await rejects(connect(listener.address, { tls: true }), 'TLS');
      assert.equal(cause.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    },
  },
  {
    name: 'a certificate of another name is TLS',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { tls: pem.server }));
      const tls = { ca, servername: 'other.test' };
      const { cause } = await rejects(connect(listener.address, { tls }), 'TLS');
      assert.equal(cause.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    },
  },
  {
    name: 'a certificate is taken all the same where rejectUnauthorized says so, and its fault told',
    run: async (context) => {
      const [client] = await pair(context, pem.server, { rejectUnauthorized: false });
      assert.equal(client.tls?.isAuthorized, false);
      assert.equal(client.tls.authorizationError, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    },
  },
  {
    name: 'the certificate is chosen by the name asked for (SNI)',
    run: async (context) => {
      const sni = (/** @type {string} */ name) =>
        Promise.resolve(name === 'other.test' ? pem.other : undefined);
      const [other] = await pair(context, { ...pem.server, sni }, { ca, servername: 'other.test' });
      assert.equal(other.tls?.peerCertificate?.subject.CN, 'other.test');
      const [local] = await pair(context, { ...pem.server, sni }, localhost);
      assert.equal(local.tls?.peerCertificate?.subject.CN, 'localhost');
    },
  },
  {
    name: 'a choice by name that fails ends the handshake, and is told',
    run: async (context) => {
      const sni = () => Promise.reject(new Error('no such name'));
      const refused = await refusals(context, { ...pem.server, sni });
      const error = await connect(refused.address, { tls: localhost }).catch((reason) => reason);
      assert.equal(error.name, 'SocketError');
      await turnsUntil(() => refused.codes.length === 1);
    },
  },
  {
    name: 'a client shows its certificate where it is asked to',
    run: async (context) => {
      const [, server] = await pair(
        context,
        { ...pem.server, ca, requestCert: true },
        { ...localhost, ...pem.client },
      );
      assert.equal(server.tls?.isAuthorized, true);
      assert.equal(server.tls.peerCertificate?.subject.CN, 'client');
    },
  },
  {
    name: 'a client without the certificate it is asked for is refused',
    run: async (context) => {
      const refused = await refusals(context, { ...pem.server, ca, requestCert: true });
      // TLS 1.3: the client is done before the server has looked.
      const stranger = context.own(await connect(refused.address, { tls: localhost }));
      await gone(stranger);
      await turnsUntil(() => refused.codes.length === 1);
    },
  },
  {
    name: 'a client of other protocols only is refused (ALPN)',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { tls: { ...pem.server, alpn: ['http/1.1'] } }));
      await rejects(connect(listener.address, { tls: { ...localhost, alpn: ['h2'] } }), 'TLS');
    },
  },
  {
    name: 'a client that speaks no TLS is refused, and the listener goes on',
    run: async (context) => {
      const refused = await refusals(context, pem.server);
      const plain = context.own(await connect(refused.address));
      await plain.write('GET / HTTP/1.1\r\n\r\n');
      await gone(plain);
      assert.deepEqual(refused.codes, ['TLS']);
      const [client] = await Promise.all([
        connect(refused.address, { tls: localhost }),
        refused.listener.accept().then((stream) => context.own(stream)),
      ]);
      context.own(client);
    },
  },
  {
    name: 'a handshake that never ends is TIMED_OUT on either side',
    run: async (context) => {
      const refused = await refusals(context, { ...pem.server, handshakeTimeoutMs: 1 });
      await gone(context.own(await connect(refused.address)));
      assert.deepEqual(refused.codes, ['TIMED_OUT']);
      const mute = await serve(anyPort, () => undefined);
      await rejects(connect(mute.address, { tls: localhost, timeoutMs: 50 }), 'TIMED_OUT');
      await mute.drain({ timeoutMs: 0 });
    },
  },
  {
    name: 'a certificate that is none is the fault of the caller, at listen',
    run: async () => {
      await rejects(listen(anyPort, { tls: { cert: 'no', key: 'no' } }), 'BAD_ARGUMENT');
    },
  },
  {
    name: '`tls://` asks for it on both sides',
    run: async (context) => {
      await rejects(listen('tls://127.0.0.1:0'), 'BAD_ARGUMENT');
      const listener = context.own(await listen('tls://127.0.0.1:0', { tls: pem.server }));
      await rejects(connect(`tls://localhost:${String(portOf(listener.address))}`), 'TLS');
    },
  },
  {
    name: 'a session is taken up again',
    run: async (context) => {
      const listener = context.own(await listen(anyPort, { tls: new TlsTerminator(pem.server) }));
      void (async () => {
        for await (const stream of listener) void context.own(stream).write('hello');
      })();
      const first = tlsConnect({ port: portOf(listener.address), host: '127.0.0.1', ...localhost });
      context.defer(() => first.destroy());
      const session = await new Promise((resolve) => first.once('session', resolve).resume());
      const again = context.own(await connect(listener.address, { tls: { ...localhost, session } }));
      assert.equal(again.tls?.isResumed, true);
    },
  },
  {
    name: 'startTls upgrades both ends, after words in clear',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
      await client.write('STARTTLS\r\n');
      assert.equal(text(await server.read()), 'STARTTLS\r\n');
      const upgraded = startTls(server, { server: pem.server, announce: '220 go ahead\r\n' });
      assert.equal(text(await client.read()), '220 go ahead\r\n');
      const secure = context.own(await startTls(client, { client: localhost }));
      const other = context.own(await upgraded);
      assert.equal(secure.tls?.protocol, 'TLSv1.3');
      await secure.write('secret');
      await secure.shutdown('write');
      assert.equal(await textUntilEnd(other), 'secret');
      await rejects(client.read(), 'CLOSED');
      await rejects(client.write('x'), 'CLOSED');
    },
  },
  {
    name: 'startTls refuses what came in clear before the handshake (CVE-2011-0411)',
    run: async (context) => {
      const listener = context.own(await listen(anyPort));
      const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
      context.own(client);
      void client.write('STARTTLS\r\nRCPT TO:<mallory>\r\n');
      server.watch(() => undefined);
      await turnsUntil(() => server.isReadable);
      await rejects(startTls(server, { server: pem.server }), 'TLS');
      await gone(client);
    },
  },
  {
    name: 'startTls works over a stream that no kernel knows',
    run: async (context) => {
      const [a, b] = socketPair();
      const [server, client] = await Promise.all([
        startTls(a, { server: pem.server }),
        startTls(b, { client: localhost }),
      ]);
      context.own(server);
      context.own(client);
      await client.write('within');
      await client.shutdown('write');
      assert.equal(await textUntilEnd(server), 'within');
    },
  },
];

/**
 * @param {import('../case.js').Context} context
 * @param {import('@wirestack/socket').TlsServerOptions} server
 * @param {import('@wirestack/socket').TlsClientOptions} client
 * @returns {Promise<[import('@wirestack/socket').SocketStream, import('@wirestack/socket').SocketStream]>}
 */
async function pair(context, server, client) {
  const listener = context.own(await listen(anyPort, { tls: server }));
  const streams = await Promise.all([connect(listener.address, { tls: client }), listener.accept()]);
  for (const stream of streams) context.own(stream);
  return streams;
}

/**
 * A listener, and the codes of what it refused.
 * @param {import('../case.js').Context} context
 * @param {import('@wirestack/socket').TlsServerOptions} tls
 */
async function refusals(context, tls) {
  /** @type {string[]} */
  const codes = [];
  const onRefused = (/** @type {import('@wirestack/socket').SocketError} */ { code }) => codes.push(code);
  const listener = context.own(await listen(anyPort, { tls, onRefused }));
  return { listener, address: listener.address, codes };
}
