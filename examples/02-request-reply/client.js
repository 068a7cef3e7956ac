// @ts-check
// Seed 004: waits for the greeting, asks one thing after the other, and says when it has had enough. Usage: client.js ADDRESS NAMES…
import { connect } from '@wirestack/socket';

const [address = '127.0.0.1:10086', ...names] = process.argv.slice(2);
const stream = await connect(address);
console.log(new TextDecoder().decode(await stream.read()));
for (const name of names) {
  await stream.write(name);
  console.log(new TextDecoder().decode(await stream.read()));
}
await stream.write('exit');
await stream.close();
