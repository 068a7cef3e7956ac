import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { lines } from '@wirestack/framing/codecs';
import { decoderTransform } from '@wirestack/framing/node';

const file = Readable.from([Buffer.from('Hello\nwor'), Buffer.from('ld\n')]); // or createReadStream(path)
await pipeline(file, decoderTransform(lines()), async (messages: AsyncIterable<string>) => {
  for await (const line of messages) console.log(line); // Hello, world
});
