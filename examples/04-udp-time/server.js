// @ts-check
// Seed 000: a time server over UDP. Try it with client.js, or with `echo | nc -u -w 1 127.0.0.1 20000`.
import { bind, formatAddress } from '@wirestack/socket';

const socket = await bind(process.argv[2] ?? '127.0.0.1:20000');
console.log('listening on', formatAddress(socket.localAddress));
for await (const { from } of socket) {
  console.log('Got message from', formatAddress(from));
  await socket.send(new Date().toString(), from);
}
