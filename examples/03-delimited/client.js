// @ts-check
// Seed 004: the client of the server with a data structure. It sends each item back, as the server does: together they go
// on for ever, an item a second.
import { setTimeout as sleep } from 'node:timers/promises';
import { delimiter, framed } from '@wirestack/framing';
import { connect } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:8888');
const items = framed(stream, delimiter(',', { unterminated: 'frame' }));
for await (const item of items) {
  console.log('get data', new TextDecoder().decode(item));
  await items.send(item);
  await sleep(1000);
}
await stream.close();
