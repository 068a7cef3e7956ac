// @ts-check
/** Answers each chunk backwards, and says good-bye. */
import { stdioStream } from '@wirestack/socket';

const stream = stdioStream();
for await (const chunk of stream) await stream.write(chunk.slice().reverse());
await stream.write('bye');
await stream.close();
