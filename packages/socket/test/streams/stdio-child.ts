import { stdioStream } from '../../src/streams/child-stream.ts';

/** The child of the tests of `stdioStream`: answers what it is sent, reversed line by line, and says goodbye at the end. */
const stream = stdioStream();
for await (const chunk of stream) await stream.write(chunk.toReversed());
await stream.write('bye');
await stream.close();
await stream.closed;
process.stderr.write('closed');
