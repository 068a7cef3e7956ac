// @ts-check
// Seed 004: `socketpair`, and asking without waiting (`setblocking(False)`).
import { formatAddress, socketPair } from '@wirestack/socket';

const decoder = new TextDecoder();
const [a, b] = socketPair();
console.log('b is the peer of a:', formatAddress(a.remoteAddress) === formatAddress(b.localAddress));
console.log('something to read:', b.isReadable);
await a.write('xxx\n');
console.log('something to read:', b.isReadable);
console.log('received:', decoder.decode(await b.read()));
await b.close();
console.log('the end:', await a.read());
