// @ts-check
// Seed 002: a server that loses packets. Usage: server.js ADDRESS LOSS SEED; the same seed loses the same packets again.
import { createHash } from 'node:crypto';
import { bind, formatAddress } from '@wirestack/socket';

const [address = '127.0.0.1:1060', loss = '0.5', seed = Math.random()] = process.argv.slice(2);
const socket = await bind(address);
console.log('listening on', formatAddress(socket.localAddress));
let packets = 0;
for await (const { data, from } of socket) {
  const [random = 0] = createHash('sha256').update(`${seed} ${packets++}`).digest();
  if (random / 256 < Number(loss)) {
    console.log('Pretending to drop packet from', formatAddress(from));
  } else {
    console.log('The client at', formatAddress(from), 'says:', new TextDecoder().decode(data));
    await socket.send(`Your data was ${data.length} bytes`, from);
  }
}
