import { connect, serve } from '@wirestack/socket';

const server = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const chunk of stream) await stream.write(chunk); // the echo
});
const client = await connect(server.address, { timeoutMs: 5_000 });
await client.write('hello');
await client.shutdown('write'); // half-close: the answer still comes
for await (const chunk of client) console.log(new TextDecoder().decode(chunk));
await server.drain({ timeoutMs: 1_000 }); // waits for open streams, then aborts what is left
