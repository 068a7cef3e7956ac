import { connect as netConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connect, listen, type SocketError } from '@wirestack/socket';
import { disposed } from '../scratch.ts';
import { pem } from './certificates.ts';

const versions = ['TLSv1.2', 'TLSv1.3'] as const;
const fault = { name: 'SocketError', code: 'TLS' };

test.each(versions)('bytes that are none of TLS %s end the connection as a fault', async (version) => {
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: pem.server }));
  const { port } = listener.address as { port: number };
  const raw = netConnect({ port, host: '127.0.0.1' });
  const peer = tlsConnect({
    socket: raw,
    ca: pem.authority,
    servername: 'localhost',
    minVersion: version,
    maxVersion: version,
  });
  peer.on('error', () => undefined);
  onTestFinished(() => void raw.destroy());
  const stream = await listener.accept();
  const reading = stream.read();
  // A record of application data that nobody has encrypted.
  raw.write(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)));
  await expect(reading).rejects.toMatchObject(fault);
  await expect(stream.closed).rejects.toMatchObject(fault);
  await expect(stream.write('x')).rejects.toMatchObject(fault);
});

test('TLS 1.3: a certificate that the server refuses is no end in order to the client', async () => {
  const refused = vi.fn<(error: SocketError) => void>();
  const tls = { ...pem.server, ca: pem.authority, requestCert: true };
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls, onRefused: refused }));
  // The client is done before the server has looked: whatever it does next learns of it.
  const using = connect(listener.address, { tls: { ca: pem.authority } }).then((client) => client.read());
  await expect(using).rejects.toMatchObject({ name: 'SocketError' });
  await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
});
