// @ts-check
// Seed 000, the "low" way: the length as text, then the client says OK, then the output. Nothing marks the end of a request: it is what
// one read gives, so a client asks one thing after the other.
import { formatAddress, serve } from '@wirestack/socket';
import { run } from './programs.js';

const server = await serve(process.argv[2] ?? '127.0.0.1:20000', async (stream) => {
  console.log('Got connection from', formatAddress(stream.remoteAddress));
  for (let request; (request = await stream.read()) !== undefined;) {
    const output = await run(request);
    await stream.write(String(output.length));
    const ready = new TextDecoder().decode(await stream.read());
    if (ready === 'OK') await stream.write(output);
  }
  console.log('Client is disconnected...');
});
console.log('listening on', formatAddress(server.address));
