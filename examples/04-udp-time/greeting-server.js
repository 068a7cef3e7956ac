// @ts-check
// Seed 004: a UDP server that greets whatever it gets.
import { bind, formatAddress } from '@wirestack/socket';

const socket = await bind(process.argv[2] ?? '127.0.0.1:10086');
console.log('listening on', formatAddress(socket.localAddress));
for await (const { data, from } of socket) {
  console.log('Received from', formatAddress(from));
  await socket.send(Buffer.concat([Buffer.from('Hello, '), data]), from);
}
