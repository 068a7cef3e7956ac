// @ts-check
// Seed 000: asks for commands, and prints what they print on the server. `exit` ends it.
import { createInterface } from 'node:readline';
import { connect, StreamReader } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
const reader = new StreamReader(stream);
for await (const line of createInterface({ input: process.stdin })) {
  const command = line.trim();
  if (command === '') continue;
  if (command === 'exit') break;
  await stream.write(command);
  const length = Number(new TextDecoder().decode(await reader.read()));
  await stream.write('OK');
  console.log(new TextDecoder().decode(await reader.readExactly(length)));
}
await stream.close();
