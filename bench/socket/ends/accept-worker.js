// @ts-check
/** One of several processes that accept at one address: `accept-worker.js raw` in a cluster, or `accept-worker.js wirestack PORT`. */
import { rawServer, sharedServer } from './accepting.js';

const [, , kind, port] = process.argv;
process.on('disconnect', () => process.exit());
process.send?.(kind === 'raw' ? await rawServer() : await sharedServer(Number(port)));
