// @ts-check
// Seed 000: asks for commands, and prints what they print on the server, which stands behind struct.pack('i', length). `exit` ends it.
import { createInterface } from 'node:readline';
import { framed, lengthPrefix } from '@wirestack/framing';
import { connect } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
const answers = framed(stream, lengthPrefix({ endian: 'little' }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = line.trim();
  if (command === '') continue;
  if (command === 'exit') break;
  await stream.write(command);
  console.log(new TextDecoder().decode(await answers.receive()));
}
await stream.close();
