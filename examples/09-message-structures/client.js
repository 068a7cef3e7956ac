// @ts-check
// Usage: client.js STRUCTURE ADDRESS WORDS… sends each word as a message, and prints each message of the answer.
import { framed } from '@wirestack/framing';
import { connect } from '@wirestack/socket';
import { structures } from './structures.js';

const [name, address = '', ...words] = process.argv.slice(2);
const codec = Object.entries(structures).find(([known]) => known === name)?.[1];
if (codec === undefined) throw new Error(`the structures are: ${Object.keys(structures).join(', ')}`);

const messages = framed(await connect(address), codec);
for (const word of words) await messages.send(Buffer.from(word));
await messages.end();
for await (const message of messages) console.log(Buffer.from(message).toString());
