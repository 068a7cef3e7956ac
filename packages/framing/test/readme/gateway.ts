import { chain, framed, lengthPrefix, lines, pump, utf8 } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';

const records = chain(lengthPrefix(), utf8());
await using echo = await serve('tcp://127.0.0.1:0', async (stream) => {
  const messages = framed(stream, records);
  await pump(messages, messages);
});
await using gateway = await serve('tcp://127.0.0.1:0', async (stream) => {
  const outside = framed(stream, lines());
  const inside = framed(await connect(echo.address), records);
  await Promise.all([pump(outside, inside), pump(inside, outside, (text) => text.toUpperCase())]);
  await inside.close();
});
const client = framed(await connect(gateway.address), lines());
console.log(await client.request('hello')); // HELLO
await client.close();
