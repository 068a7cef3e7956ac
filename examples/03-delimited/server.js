// @ts-check
// Seed 004: a TCP server with a data structure. Items end with a comma; each is sent back once it is complete.
import { delimiter, framed } from '@wirestack/framing';
import { formatAddress, serve } from '@wirestack/socket';

const server = await serve(process.argv[2] ?? '127.0.0.1:8888', async (stream) => {
  console.log('Accept', formatAddress(stream.remoteAddress));
  await stream.write('Hello,World,Bye,Bye,Yingxuan');
  const items = framed(stream, delimiter(',', { unterminated: 'frame' }));
  for await (const item of items) {
    console.log('get data', new TextDecoder().decode(item));
    await items.send(item);
  }
});
console.log('listening on', formatAddress(server.address));
