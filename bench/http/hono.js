// @ts-check
/**
 * One Hono application on our server, with the platform's `Response` and with the light one, and on its own adapter, `@hono/node-server`, which puts a light one in its place by itself: requests
 * a second, and the CPU that the server used for each, interleaved in one run. See bench/README.md for how to read the table.
 */
import { parseArgs } from 'node:util';
import { serverCpu } from '../cpus.js';
import { compareServers } from './compare-servers.js';
import { startServer } from './processes.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    depths: { type: 'string', default: '1,16' },
    answers: { type: 'string', default: 'text,json' },
    servers: { type: 'string', default: 'wirestack-light,wirestack,node-server' },
    json: { type: 'string' },
  },
});

await compareServers({
  variant: 'answer',
  variants: options.answers.split(','),
  servers: options.servers.split(','),
  reference: 'node-server',
  depths: options.depths.split(',').map(Number),
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  connections: Number(options.connections),
  start: (server, answer) =>
    startServer('hono-routes', { env: { SERVER: server, ANSWER: answer }, cpu: serverCpu }),
  verify: async (running) => {
    for (const one of running) await verify(one);
  },
  json: options.json,
});

/** All do the same work. @param {import('./compare-servers.js').Running} one */
async function verify({ server, variant, port }) {
  const response = await fetch(`http://127.0.0.1:${String(port)}/`);
  const expected = variant === 'json' ? '{"message":"hello"}' : 'hello';
  const text = await response.text();
  if (text !== expected || response.headers.get('content-length') !== String(expected.length))
    throw new Error(`${server} answered ${JSON.stringify(text)}`);
}
