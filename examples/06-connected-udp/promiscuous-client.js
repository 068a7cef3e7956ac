// @ts-check
// Seed 002: a client that believes anybody. Nothing says that what it receives comes from whom it asked: who guesses its port can answer.
import { bind, formatAddress } from '@wirestack/socket';

const socket = await bind(':0');
console.log('Address before sending:', formatAddress(socket.localAddress));
await socket.send('This is my message', process.argv[2] ?? '127.0.0.1:1060');
const { data, from } = await socket.receive({ timeoutMs: 2000 }); // overly promiscuous
console.log('The server', formatAddress(from), 'says', new TextDecoder().decode(data));
await socket.close();
