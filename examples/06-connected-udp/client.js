// @ts-check
// Seed 002: a connected client. The kernel drops what others send, and tells where nobody listens.
import { connectDatagram, formatAddress } from '@wirestack/socket';

const socket = await connectDatagram(process.argv[2] ?? '127.0.0.1:1060');
console.log('Client socket name is', formatAddress(socket.localAddress));
await socket.send('This is another message');
const { data, from } = await socket.receive({ timeoutMs: 2000 });
console.log('The server', formatAddress(from), 'says', new TextDecoder().decode(data));
await socket.close();
