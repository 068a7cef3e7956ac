// @ts-check
// Seeds 003 and 004: `create_connection` and the options of a socket. Talks to the echo server of 01-tcp-echo. Usage: options.js ADDRESS LOCALHOST
import { connect, formatAddress } from '@wirestack/socket';

const decoder = new TextDecoder();
const [address = '127.0.0.1:20000', localHost = '127.0.0.1'] = process.argv.slice(2);
const stream = await connect(address, { timeoutMs: 5000, localHost, keepAliveMs: 60_000 });
console.log('getsockname:', formatAddress(stream.localAddress).replace(/\d+$/, 'PORT'));
console.log('getpeername:', formatAddress(stream.remoteAddress));

stream.setNoDelay(true); // TCP_NODELAY: as it is already, unless `connect` is told otherwise
await stream.write('alive');
console.log('with SO_KEEPALIVE:', decoder.decode(await stream.read()));

stream.setKeepAlive(false);
await stream.write('silent');
console.log('without:', decoder.decode(await stream.read()));
await stream.close();
