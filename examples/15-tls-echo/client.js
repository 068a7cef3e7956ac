// @ts-check
// Seed 002: the client of the TLS echo server. It trusts the one certificate that it is given. Usage: client.js ADDRESS CERTIFICATE
import { readFileSync } from 'node:fs';
import { connect } from '@wirestack/socket';

const [address = 'localhost:20443', cert = 'cert.pem'] = process.argv.slice(2);
const stream = await connect(address, { tls: { ca: readFileSync(cert) } });
await stream.write('Hello');
console.log(new TextDecoder().decode(await stream.read()), stream.tls?.protocol);
await stream.close();
