// @ts-check
// Seed 000: the client of the TCP echo server.
import { connect } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
await stream.write('Hello');
const content = await stream.read();
console.log(new TextDecoder().decode(content));
await stream.close();
