// @ts-check
// Seed 002: an echo server over TLS. Usage: server.js ADDRESS CERTIFICATE KEY; where there is no certificate yet, it makes one that nobody else
// trusts. Try it with client.js, or with `openssl s_client -connect localhost:20443 -CAfile cert.pem`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { formatAddress, serve } from '@wirestack/socket';

const [address = '127.0.0.1:20443', cert = 'cert.pem', key = 'key.pem'] = process.argv.slice(2);
if (!existsSync(cert)) {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-out', cert, '-keyout', key], {
    stdio: 'pipe',
  });
}

const server = await serve(
  address,
  async (stream) => {
    console.log('Got', stream.tls?.protocol, 'connection from', formatAddress(stream.remoteAddress));
    for await (const message of stream) await stream.write(message);
  },
  {
    tls: { cert: readFileSync(cert), key: readFileSync(key) },
    onRefused: (error) => console.log('Refused', error.code, error.message),
  },
);
console.log('listening on', formatAddress(server.address));
