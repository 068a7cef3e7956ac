// @ts-check
/**
 * A routed application behind five middlewares: ours, Fastify with the plugins of its project, Hono with its own, interleaved in one run. Requests a second, and the CPU that
 * the server used for each. See bench/README.md for what each of them does, and how to read the table.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPinned, loadCpu, serverCpu } from '../cpus.js';
import { columns, machine, median } from '../figures.js';
import { cpuSeconds } from '../proc.js';
import { load } from './load.js';
import { startServer } from './processes.js';
import { answerOf, fields, path } from './servers/routes.js';

/**
 * @typedef {{ server: string, fifth: string, port: number, pid: number, stop: () => Promise<void> }} Running
 * @typedef {{ server: string, fifth: string, depth: number, rate: number, cpuMicros: number }} Sample
 */

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
const rounds = options.quick ? 1 : Number(options.rounds);
const seconds = options.quick ? 1 : Number(options.seconds);
const depths = (options.quick ? '16' : options.depths).split(',').map(Number);
const fifths = options.fifth.split(',');
const names = options.servers.split(',');
/** What others are measured by. */
const reference = 'fastify';
/** Times what the reference does with a CPU, and in a second. */
const goal = 1.5;

if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');
const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
/** @type {Running[]} */
const running = [];
/** @type {Sample[]} */
const samples = [];
try {
  for (const fifth of fifths) {
    for (const server of names) {
      const { port, pid, stop } = await startServer(`routed-${server}`, {
        env: { FIFTH: fifth },
        cpu: serverCpu,
      });
      running.push({ server, fifth, port, pid, stop });
    }
  }
  await verify();
  if (!options.quick) for (const one of running) for (const depth of depths) await drive(one, depth, 1);
  for (let round = 0; round < rounds; round++) {
    for (const depth of depths) {
      for (let i = 0; i < running.length; i++)
        samples.push(await measure(running[(i + round) % running.length], depth));
    }
    process.stderr.write('.');
  }
} finally {
  for (const { stop } of running) await stop();
  rmSync(folder, { recursive: true });
}
const rows = summarise();
console.log(`\n${machine()}; ${String(rounds)} rounds of ${String(seconds)} s\n`);
console.log(
  columns(
    [
      [
        'fifth',
        'depth',
        'server',
        'req/s',
        `× ${reference}`,
        'CPU µs',
        'least',
        `CPU × ${reference}`,
        'least ×',
      ],
      ...rows.map(line),
    ],
    [0, 2],
  ),
);
for (const { server, fifth, depth, toReference, cpuToReference } of rows) {
  if (server !== 'wirestack' || !names.includes(reference)) continue;
  const isReached = toReference >= goal && cpuToReference >= goal;
  console.log(
    `${fifth}, depth ${String(depth)}: ${String(goal)} × ${reference} ${isReached ? 'reached' : 'MISSED'}`,
  );
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine: machine(), rows, samples }, undefined, 2)}\n`);

/** All do the same work: one body, and the same fields but for those of which each makes its own. */
async function verify() {
  const expected = JSON.stringify(answerOf('/users/{user}/orders', { user: '4711' }));
  for (const fifth of fifths) {
    /** @type {string | undefined} */
    let wanted;
    for (const { server, port } of running.filter((one) => one.fifth === fifth)) {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers: fields });
      const text = await response.text();
      if (response.status !== 200 || text !== expected)
        throw new Error(`${server} answered ${String(response.status)} ${JSON.stringify(text)}`);
      const id = response.headers.get('x-request-id') ?? '';
      if (!/^[\da-f-]{36}$/.test(id))
        throw new Error(`${server} gave the request no id: ${JSON.stringify(id)}`);
      const found = JSON.stringify(comparable(response.headers), undefined, 1);
      wanted ??= found;
      if (found !== wanted) throw new Error(`${server} says\n${found}\nand ${names[0]} said\n${wanted}`);
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

/**
 * @param {Running} one
 * @param {number} depth
 * @returns {Promise<Sample>}
 */
async function measure(one, depth) {
  const before = cpuSeconds(one.pid);
  const { requests, seconds: taken, errors } = await drive(one, depth, seconds);
  if (errors > 0) throw new Error(`${one.server} answered ${String(errors)} requests wrongly`);
  const cpuMicros = ((cpuSeconds(one.pid) - before) / requests) * 1e6;
  return { server: one.server, fifth: one.fifth, depth, rate: requests / taken, cpuMicros };
}

/**
 * @param {Running} one
 * @param {number} depth
 * @param {number} duration  seconds
 */
function drive({ port }, depth, duration) {
  const scenario = { name: 'routed', method: 'GET', body: '', fields };
  return load({
    port,
    path,
    scenario: /** @type {import('./scenarios.js').Scenario} */ (/** @type {unknown} */ (scenario)),
    depth,
    connections: Number(options.connections),
    seconds: duration,
    cpu: loadCpu,
    folder,
  });
}

function summarise() {
  return fifths.flatMap((fifth) =>
    depths.flatMap((depth) =>
      names.map((server) => {
        const of = (/** @type {string} */ name) =>
          samples.filter((one) => one.fifth === fifth && one.depth === depth && one.server === name);
        const rateOf = (/** @type {string} */ name) => median(of(name).map(({ rate }) => rate));
        const cpuOf = (/** @type {string} */ name) => median(of(name).map(({ cpuMicros }) => cpuMicros));
        const leastOf = (/** @type {string} */ name) =>
          Math.min(...of(name).map(({ cpuMicros }) => cpuMicros));
        return {
          fifth,
          depth,
          server,
          rate: rateOf(server),
          toReference: rateOf(server) / rateOf(reference),
          cpuMicros: cpuOf(server),
          leastCpuMicros: leastOf(server),
          cpuToReference: cpuOf(reference) / cpuOf(server),
          leastCpuToReference: leastOf(reference) / leastOf(server),
        };
      }),
    ),
  );
}

/** @param {ReturnType<typeof summarise>[number]} row */
function line(row) {
  return [
    row.fifth,
    String(row.depth),
    row.server,
    row.rate.toFixed(0),
    row.toReference.toFixed(2),
    row.cpuMicros.toFixed(1),
    row.leastCpuMicros.toFixed(1),
    row.cpuToReference.toFixed(2),
    row.leastCpuToReference.toFixed(2),
  ];
}
