import { framed } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';
import { readings } from './reading.ts';

await using server = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const { sensor, values } of framed(stream, readings())) console.log(sensor, values.join(' '));
});
await using stream = await connect(server.address);
const sensor = framed(stream, readings());
await sensor.send({ sensor: 7, values: Uint8Array.of(1, 2, 3) });
await sensor.end();
await stream.read(); // the end: the server has it all
