// @ts-check
/** The process of a client: `node client.js NAME`. A hundred lookups are under way, over UDP. */
import { Resolver } from 'node:dns/promises';
import { StubResolver } from '@wirestack/dns/resolver';
import { answer } from '../child.js';
import { hosts } from './ends.js';

const underWay = 100;

/**
 * Each gives what looks up the address of a host.
 *
 * @type {ReadonlyMap<string, (port: number) => (host: string) => Promise<string>>}
 */
const clients = new Map([
  ['wirestack', stub],
  ['node:dns', system],
]);

answer({ drive: ({ port, seconds }) => drive(port, seconds) });

/** @param {number} port */
function stub(port) {
  const resolver = new StubResolver({ servers: [{ host: '127.0.0.1', port }] });
  return async (/** @type {string} */ host) => (await resolver.resolve(host, 'A')).records[0].address;
}

/**
 * c-ares, as node has it.
 *
 * @param {number} port
 */
function system(port) {
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${String(port)}`]);
  return async (/** @type {string} */ host) => (await resolver.resolve4(host))[0];
}

/**
 * @param {number} port
 * @param {number} seconds
 * @returns {Promise<import('./load.js').LoadResult>}
 */
async function drive(port, seconds) {
  const lookUp = clients.get(process.argv[2])?.(port);
  if (lookUp === undefined) throw new Error(`no client is called ${process.argv[2]}`);
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = 0;
  let answers = 0;
  const lookUpInTurn = async () => {
    while (performance.now() < end) {
      const address = await lookUp(hosts[next++ % hosts.length]);
      if (!address.startsWith('192.0.2.')) throw new Error(`not the answer: ${address}`);
      answers++;
    }
  };
  await Promise.all(Array.from({ length: underWay }, lookUpInTurn));
  return { answers, seconds: (performance.now() - start) / 1000 };
}
