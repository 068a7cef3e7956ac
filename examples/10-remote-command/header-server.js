// @ts-check
// Seed 000, with a header made: struct.pack('i', length), then the output.
import { formatAddress, serve } from '@wirestack/socket';
import { struct } from '@wirestack/framing';
import { run } from './programs.js';

const header = struct('i');
const server = await serve(process.argv[2] ?? '127.0.0.1:20000', async (stream) => {
  console.log('Got connection from', formatAddress(stream.remoteAddress));
  for await (const request of stream) {
    const output = await run(request);
    await stream.write(header.pack(output.length));
    await stream.write(output);
  }
  console.log('Client is disconnected...');
});
console.log('listening on', formatAddress(server.address));
