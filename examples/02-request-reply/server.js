// @ts-check
// Seed 004: a server that greets, then answers each request, with a task of its own for each connection.
import { formatAddress, serve } from '@wirestack/socket';

const server = await serve(process.argv[2] ?? '127.0.0.1:10086', async (stream) => {
  const address = formatAddress(stream.remoteAddress);
  console.log('Accept new connection from', address);
  await stream.write('Success!');
  for await (const data of stream) {
    const name = new TextDecoder().decode(data);
    if (name === 'exit') break;
    await stream.write(`Hello, ${name}`);
  }
  console.log('Connection from', address, 'closed.');
});
console.log('listening on', formatAddress(server.address));
