import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { python, pythonServer, scratch, serve, start, startProgram } from './running.ts';

/** Where the server makes its certificate, the first time. */
async function freshCertificate(): Promise<[cert: string, key: string]> {
  const directory = await scratch();
  return [join(directory, 'cert.pem'), join(directory, 'key.pem')];
}

const client = `
import socket, ssl, sys

context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT # the default from Python 3.13 on
try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20) as sock:
        with context.wrap_socket(sock, server_hostname='localhost') as s:
            s.sendall(b'Hello')
            print(s.recv(8192).decode(), s.version())
except ssl.SSLCertVerificationError as error:
    print(error.reason)
`;

describe('15-tls-echo', () => {
  test("the server makes its certificate once, and answers Python's client, who checks it", async () => {
    const [cert, key] = await freshCertificate();
    const first = await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await python(client, first.port, cert)).toBe('Hello TLSv1.3\n');
    await first.server.says(/^Got TLSv1\.3 connection from 127\.0\.0\.1:\d+$/m);

    const certificate = await readFile(cert);
    const second = await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key);
    expect(await python(client, second.port, cert)).toBe('Hello TLSv1.3\n');
    expect(await readFile(cert)).toEqual(certificate);
  });

  test('the server answers openssl, by name and by address', async () => {
    const [cert, key] = await freshCertificate();
    const { address } = await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key);
    for (const check of [
      ['-verify_hostname', 'localhost'],
      ['-verify_ip', '127.0.0.1'],
    ]) {
      const args = ['s_client', '-connect', address, '-CAfile', cert, '-verify_return_error', ...check];
      // It stays until it is ended: with the end of its input it would leave before the answer.
      const openssl = startProgram('openssl', [...args, '-ign_eof'], { input: 'Hello openssl\n' });
      await openssl.says(/^Hello openssl$/m);
      await openssl.says(/Verify return code: 0 \(ok\)/);
    }
  });

  test('who does not trust the certificate does not get through, and the server lives on', async () => {
    const [cert, key] = await freshCertificate();
    const [other, otherKey] = await freshCertificate();
    const { server, address, port } = await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key);
    await serve('15-tls-echo/server.js', '127.0.0.1:0', other, otherKey);

    expect(await python(client, port, other)).toBe('CERTIFICATE_VERIFY_FAILED\n');
    await server.says(/^Refused TLS .*unknown ca/m);
    const refusing = await start('15-tls-echo/client.js', address, other).ended();
    expect([refusing.code, refusing.stdout]).toEqual([1, '']);
    expect(refusing.stderr).toContain("code: 'TLS'");

    expect(await python(client, port, cert)).toBe('Hello TLSv1.3\n');
  });

  test("the client is answered by Python's server", async () => {
    const [cert, key] = await freshCertificate();
    await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key); // makes the certificate
    const { address } = await pythonServer(`
import socket, ssl

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(${JSON.stringify(cert)}, ${JSON.stringify(key)})
with socket.create_server(('127.0.0.1', 0)) as sock, context.wrap_socket(sock, server_side=True) as s:
    print('%s:%d' % s.getsockname())
    while True:
        conn, addr = s.accept()
        while data := conn.recv(8192):
            conn.sendall(data)
        conn.close()
`);
    const ended = await start('15-tls-echo/client.js', address, cert).ended();
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello TLSv1.3\n', stderr: '' });
  });

  test('client and server understand each other', async () => {
    const [cert, key] = await freshCertificate();
    const { address } = await serve('15-tls-echo/server.js', '127.0.0.1:0', cert, key);
    const ended = await start('15-tls-echo/client.js', address, cert).ended();
    expect(ended).toMatchObject({ code: 0, stdout: 'Hello TLSv1.3\n', stderr: '' });
  });
});
