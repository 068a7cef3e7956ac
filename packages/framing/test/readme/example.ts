import { delimiter, framed } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';

await using server = await serve('tcp://127.0.0.1:0', async (stream) => {
  const messages = framed(stream, delimiter(','));
  for await (const message of messages) await messages.send(message);
});
await using stream = await connect(server.address);
const messages = framed(stream, delimiter(','));
await messages.send(new TextEncoder().encode('Hello'));
console.log(String.fromCharCode(...((await messages.receive()) ?? []))); // Hello
