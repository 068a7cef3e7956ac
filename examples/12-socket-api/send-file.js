// @ts-check
// Seed 004: `sendfile`. A server that sends the bytes of a file that each line asks for, `START END` or `START`. Usage: send-file.js ADDRESS FILE
import { open } from 'node:fs/promises';
import { formatAddress, sendFile, serve, StreamReader } from '@wirestack/socket';

const file = await open(process.argv[3] ?? import.meta.filename);
const server = await serve(process.argv[2] ?? '127.0.0.1:20000', async (stream) => {
  for await (const line of new StreamReader(stream).lines()) {
    const [start, end] = line.split(' ').map(Number);
    console.log('sent', await sendFile(stream, file, { start, end }));
  }
});
console.log('listening on', formatAddress(server.address));
