// @ts-check
// Seeds 003 and 004: `socketserver`. A handler object for each connection, and the threads as a value instead of a mix-in.
// `node server.js 127.0.0.1:9999 threads` runs the handler in worker threads.
import { formatAddress } from '@wirestack/socket';
import { concurrent, moduleHandler, StreamServer, threads } from '@wirestack/socket/server';

class LoggingServer extends StreamServer {
  /** @override @param {import('@wirestack/socket').SocketStream} _request @param {import('@wirestack/socket').Address} clientAddress */
  verifyRequest(_request, clientAddress) {
    console.log('connection from', formatAddress(clientAddress));
    return true;
  }
}

const handler = moduleHandler(new URL('./handler.js', import.meta.url), 'MyTCPHandler');
const concurrency = process.argv[3] === 'threads' ? threads({ size: 2 }) : concurrent({ max: 100 });
const server = new LoggingServer(process.argv[2] ?? '127.0.0.1:9999', handler, { concurrency });
console.log('listening on', formatAddress(await server.listen()));
await server.serveForever();
