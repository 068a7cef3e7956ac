// @ts-check
// Seed 000: the client of the time server. An empty packet asks for the time.
import { bind, formatAddress } from '@wirestack/socket';

const socket = await bind('127.0.0.1:0');
await socket.send('', process.argv[2] ?? '127.0.0.1:20000');
const { data, from } = await socket.receive({ timeoutMs: 2000 });
console.log(new TextDecoder().decode(data), formatAddress(from));
await socket.close();
