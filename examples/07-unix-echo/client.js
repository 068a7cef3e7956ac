// @ts-check
// Seed 004: the client of the server behind a path. Usage: client.js PATH WORDS…
import { connect } from '@wirestack/socket';

const [path = './test.sock', ...words] = process.argv.slice(2);
const stream = await connect(path);
await stream.write(`${words.join(' ')}\n`);
console.log(new TextDecoder().decode(await stream.read()));
await stream.close();
