// @ts-check
// Answers each message in capitals, in the structure it came in; each structure has a port of its own.
import { framed } from '@wirestack/framing';
import { formatAddress, serve } from '@wirestack/socket';
import { structures } from './structures.js';

for (const [name, codec] of Object.entries(structures)) {
  const server = await serve('127.0.0.1:0', async (stream) => {
    const messages = framed(stream, codec);
    for await (const message of messages) {
      await messages.send(Buffer.from(Buffer.from(message).toString().toUpperCase()));
    }
  });
  console.log(name, formatAddress(server.address));
}
