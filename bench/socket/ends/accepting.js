// @ts-check
/** Servers that greet each connection with a byte, in one process or in two that share an address. Clients reset what they have been greeted by. */
import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { listen, serve } from '@wirestack/socket';
import { cluster as inCluster, moduleHandler, StreamServer } from '@wirestack/socket/server';

/** @typedef {import('./echo.js').Place} Place */

const greeting = 'h';
const local = 'tcp://127.0.0.1:0';
const processes = 2;

/** @type {ReadonlyMap<string, () => Promise<Place>>} */
export const accepting = new Map([
  ['raw-net', () => rawServer()],
  ['wirestack-serve', async () => placeOf((await serve(local, greet)).address)],
  ['wirestack-listen', listener],
  ['cluster-round-robin', () => rawCluster(cluster.SCHED_RR)],
  ['cluster-sched-none', () => rawCluster(cluster.SCHED_NONE)],
  ['wirestack-cluster', ourCluster],
  ['wirestack-reuse-port', reusePort],
]);

/** As `requireReusePort` of the package has it. */
export const hasReusePort = (() => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
})();

/** What the processes of `wirestack-cluster` load. */
export default greet;

/** @param {import('@wirestack/socket').ByteStream} stream */
function greet(stream) {
  stream.attach({
    data: () => undefined,
    end: () => void stream.close(),
    closed: () => undefined,
    drain: () => undefined,
  });
  void stream.write(greeting);
  return undefined;
}

async function listener() {
  const port = await listen(local);
  void (async () => {
    for await (const stream of port) greet(stream);
  })();
  return placeOf(port.address);
}

export async function rawServer(port = 0) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => undefined);
    socket.write(greeting);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const { address, port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { host: address, port: bound };
}

/** @param {number} policy */
async function rawCluster(policy) {
  cluster.schedulingPolicy = policy;
  cluster.setupPrimary({ exec: fileURLToPath(new URL('accept-worker.js', import.meta.url)), args: ['raw'] });
  const workers = Array.from({ length: processes }, () => cluster.fork());
  // Workers that ask for port 0 are given the same one.
  const addresses = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  return /** @type {Place} */ (addresses[0]);
}

async function ourCluster() {
  const server = new StreamServer(local, moduleHandler(new URL(import.meta.url)), {
    concurrency: inCluster({ size: processes }),
  });
  return placeOf(await server.listen());
}

async function reusePort() {
  let port = 0;
  /** @type {Place | undefined} */
  let place;
  for (let i = 0; i < processes; i++) {
    const worker = fork(new URL('accept-worker.js', import.meta.url), ['wirestack', String(port)]);
    [place] = await once(worker, 'message');
    ({ port } = /** @type {{ port: number }} */ (place));
  }
  return /** @type {Place} */ (place);
}

/** @param {number} port */
export async function sharedServer(port) {
  const { address } = await serve(`tcp://127.0.0.1:${String(port)}`, greet, { reusePort: true });
  return placeOf(address);
}

/** @param {import('@wirestack/socket').Address} address */
function placeOf(address) {
  const { host, port } = /** @type {{ host: string, port: number }} */ (address);
  return { host, port };
}
