import { createReadStream, statSync } from 'node:fs';
import { frameStreams, lengthPrefixParts } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';

const format = lengthPrefixParts({ bytes: 8 });
await using server = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const frame of frameStreams(stream, format)) {
    console.log('announced', frame.bytes);
    let bytes = 0;
    for await (const chunk of frame) bytes += chunk.length;
    console.log('received', bytes);
  }
});
await using stream = await connect(server.address);
const frames = frameStreams(stream, format);
const path = process.execPath; // a large file is a frame like any other
await frames.send(statSync(path).size, createReadStream(path));
await frames.end();
await stream.read(); // the end: the server has it all
