import { expect, test } from 'vitest';
import { connect, listen, type SocketError } from '@wirestack/socket';
import type { TlsServerOptions } from '@wirestack/socket/tls';
import { disposed } from '../scratch.ts';
import { pem } from './certificates.ts';

const ca = pem.authority;

/** What a peer says reaches functions of the program: none of them may end the process. */
test.each<[string, NonNullable<TlsServerOptions['sni']>]>([
  [
    'throws',
    () => {
      throw new Error('no such name');
    },
  ],
  ['finds a certificate that is none', () => ({ cert: 'no', key: 'no' })],
])('an `sni` that %s ends that handshake only', async (_what, choose) => {
  let refuse: (error: SocketError) => void;
  const refused = new Promise<SocketError>((resolve) => (refuse = resolve));
  const sni: typeof choose = (name) => (name === 'x.test' ? choose(name) : undefined);
  const listener = disposed(
    await listen('tcp://127.0.0.1:0', {
      tls: { ...pem.server, sni },
      onRefused: (error) => {
        refuse(error);
      },
    }),
  );
  const misnamed = connect(listener.address, { tls: { ca, servername: 'x.test' } });
  await expect(misnamed).rejects.toMatchObject({ name: 'SocketError' });
  expect(await refused).toMatchObject({ code: 'TLS' });
  const [client, server] = await Promise.all([
    connect(listener.address, { tls: { ca, servername: 'localhost' } }),
    listener.accept(),
  ]);
  client.abort();
  server.abort();
});

test('a checkServerIdentity that throws refuses the certificate', async () => {
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server }));
  const fault = new TypeError('of the program');
  const checkServerIdentity = (): never => {
    throw fault;
  };
  await expect(
    connect(listener.address, { tls: { ca, servername: 'localhost', checkServerIdentity } }),
  ).rejects.toMatchObject({ code: 'TLS', cause: fault });
});
