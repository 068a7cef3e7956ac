// @ts-check
// Seed 004: `makefile`. The client of send-file.js reads a count of bytes, a line, and all lines to the end.
import { connect, StreamReader } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
const reader = new StreamReader(stream);
await stream.write('3 9\n0\n');
await stream.shutdown('write');
console.log('six bytes:', new TextDecoder().decode(await reader.readExactly(6)));
console.log('first line:', await reader.readLine());
for await (const line of reader.lines()) console.log('line:', line);
await stream.close();
