// @ts-check
// Seed 002: a server that tells how much it got. Try it with client.js and promiscuous-client.js.
import { bind, formatAddress } from '@wirestack/socket';

const socket = await bind(process.argv[2] ?? '127.0.0.1:1060');
console.log('listening on', formatAddress(socket.localAddress));
for await (const { data, from } of socket) {
  console.log('The client at', formatAddress(from), 'says', new TextDecoder().decode(data));
  await socket.send(`Your data was ${data.length} bytes`, from);
}
