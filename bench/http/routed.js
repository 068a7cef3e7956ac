// @ts-check
/**
 * A routed application behind five middlewares: ours, Fastify with the plugins of its project, Hono with its own, interleaved in one run. Requests a second, and the CPU that
 * the server used for each. See bench/README.md for what each of them does, and how to read the table.
 */
import { parseArgs } from 'node:util';
import { serverCpu } from '../cpus.js';
import { compareServers } from './compare-servers.js';
import { startServer } from './processes.js';
import { answerOf, fields, path } from './servers/routes.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    depths: { type: 'string', default: '1,16' },
    /** Which middleware is the fifth: `rate-limit`, `basic-auth`, `log`, `none`, several by comma. */
    fifth: { type: 'string', default: 'rate-limit' },
    servers: { type: 'string', default: 'wirestack,fastify,hono' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
/** What others are measured by. */
const reference = 'fastify';
/** Times what the reference does with a CPU, and in a second. */
const goal = 1.5;
const servers = options.servers.split(',');

const rows = await compareServers({
  variant: 'fifth',
  variants: options.fifth.split(','),
  servers,
  reference,
  depths: (options.quick ? '16' : options.depths).split(',').map(Number),
  rounds: options.quick ? 1 : Number(options.rounds),
  seconds: options.quick ? 1 : Number(options.seconds),
  connections: Number(options.connections),
  isWarmed: !options.quick,
  path,
  fields,
  start: (server, fifth) => startServer(`routed-${server}`, { env: { FIFTH: fifth }, cpu: serverCpu }),
  verify,
  json: options.json,
});
for (const { server, variant, depth, toReference, cpuToReference } of rows) {
  if (server !== 'wirestack' || !servers.includes(reference)) continue;
  const isReached = toReference >= goal && cpuToReference >= goal;
  console.log(
    `${variant}, depth ${String(depth)}: ${String(goal)} × ${reference} ${isReached ? 'reached' : 'MISSED'}`,
  );
}

/**
 * All do the same work: one body, and the same fields but for those of which each makes its own.
 *
 * @param {readonly import('./compare-servers.js').Running[]} running
 */
async function verify(running) {
  const expected = JSON.stringify(answerOf('/users/{user}/orders', { user: '4711' }));
  for (const fifth of new Set(running.map(({ variant }) => variant))) {
    /** @type {string | undefined} */
    let wanted;
    for (const { server, port } of running.filter(({ variant }) => variant === fifth)) {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers: fields });
      const text = await response.text();
      if (response.status !== 200 || text !== expected)
        throw new Error(`${server} answered ${String(response.status)} ${JSON.stringify(text)}`);
      const id = response.headers.get('x-request-id') ?? '';
      if (!/^[\da-f-]{36}$/.test(id))
        throw new Error(`${server} gave the request no id: ${JSON.stringify(id)}`);
      const found = JSON.stringify(comparable(response.headers), undefined, 1);
      wanted ??= found;
      if (found !== wanted) throw new Error(`${server} says\n${found}\nand the first said\n${wanted}`);
      const strangers = await fetch(`http://127.0.0.1:${String(port)}/nowhere`, { headers: fields });
      await strangers.text();
      if (strangers.status !== 404)
        throw new Error(`${server} answered /nowhere with ${String(strangers.status)}`);
    }
  }
}

/** @param {Headers} headers */
function comparable(headers) {
  return [...headers]
    .filter(([name]) => !/^(?:date|connection|keep-alive|x-request-id|.*ratelimit.*)$/.test(name))
    .map(([name, value]) => [
      name,
      name === 'content-type' ? value.replace('; charset=utf-8', '') : value.replaceAll('; ', ';'),
    ]);
}
