// @ts-check
// Seed 000: a TCP echo server. Try it with client.js, or with `nc 127.0.0.1 20000`.
import { formatAddress, serve } from '@wirestack/socket';

const server = await serve(process.argv[2] ?? '127.0.0.1:20000', async (stream) => {
  console.log('Got connection from', formatAddress(stream.remoteAddress));
  for await (const message of stream) await stream.write(message);
});
console.log('listening on', formatAddress(server.address));
