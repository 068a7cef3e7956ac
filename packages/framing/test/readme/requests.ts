import { chain, framed, json, lengthPrefix } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';

const format = chain(lengthPrefix(), json()); // objects on the wire
await using server = await serve('tcp://127.0.0.1:0', async (stream) => {
  const messages = framed(stream, format);
  for await (const message of messages) await messages.send({ echo: message });
});
const messages = framed(await connect(server.address), format);
console.log(await messages.request({ hello: 1 }, { timeoutMs: 5_000 })); // { echo: { hello: 1 } }
await messages.close({ timeoutMs: 5_000 });
