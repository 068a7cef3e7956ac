// @ts-check
/**
 * One Hono application on our server, with the platform's `Response` and with the light one, and on its own adapter, `@hono/node-server`, which puts a light one in its place by itself: requests
 * a second, and the CPU that the server used for each, interleaved in one run. See bench/README.md for how to read the table.
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

/**
 * @typedef {{ server: string, answer: string, port: number, pid: number, stop: () => Promise<void> }} Running
 * @typedef {{ server: string, answer: string, depth: number, rate: number, cpuMicros: number }} Sample
 */

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
const rounds = Number(options.rounds);
const depths = options.depths.split(',').map(Number);
const answers = options.answers.split(',');
const names = options.servers.split(',');
/** What others are measured by. */
const reference = 'node-server';

if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');
const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
/** @type {Running[]} */
const running = [];
/** @type {Sample[]} */
const samples = [];
try {
  for (const answer of answers) {
    for (const server of names) {
      const env = { SERVER: server, ANSWER: answer };
      const { port, pid, stop } = await startServer('hono-routes', { env, cpu: serverCpu });
      const one = { server, answer, port, pid, stop };
      running.push(one);
      await verify(one);
      for (const depth of depths) await drive(one, depth, 1);
    }
  }
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
console.log(`\n${machine()}; ${String(rounds)} rounds of ${options.seconds} s\n`);
console.log(
  columns(
    [
      ['answer', 'server', 'depth', 'req/s', `× ${reference}`, 'CPU µs', `CPU × ${reference}`],
      ...rows.map(line),
    ],
    [0, 1],
  ),
);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine: machine(), rows, samples }, undefined, 2)}\n`);

/** All do the same work. @param {Running} one */
async function verify({ server, answer, port }) {
  const response = await fetch(`http://127.0.0.1:${String(port)}/`);
  const expected = answer === 'json' ? '{"message":"hello"}' : 'hello';
  const text = await response.text();
  if (text !== expected || response.headers.get('content-length') !== String(expected.length))
    throw new Error(`${server} answered ${JSON.stringify(text)}`);
}

/**
 * @param {Running} one
 * @param {number} depth
 * @returns {Promise<Sample>}
 */
async function measure(one, depth) {
  const before = cpuSeconds(one.pid);
  const { requests, seconds, errors } = await drive(one, depth, Number(options.seconds));
  if (errors > 0) throw new Error(`${one.server} answered ${String(errors)} requests wrongly`);
  const cpuMicros = ((cpuSeconds(one.pid) - before) / requests) * 1e6;
  return { server: one.server, answer: one.answer, depth, rate: requests / seconds, cpuMicros };
}

/**
 * @param {Running} one
 * @param {number} depth
 * @param {number} seconds
 */
function drive({ port }, depth, seconds) {
  const scenario = { name: 'hono', method: 'GET', body: '', fields: {} };
  const connections = Number(options.connections);
  return load({
    port,
    scenario: /** @type {import('./scenarios.js').Scenario} */ (/** @type {unknown} */ (scenario)),
    depth,
    connections,
    seconds,
    cpu: loadCpu,
    folder,
  });
}

function summarise() {
  return answers.flatMap((answer) =>
    depths.flatMap((depth) =>
      names.map((server) => {
        const of = (/** @type {string} */ name) =>
          samples.filter((one) => one.answer === answer && one.depth === depth && one.server === name);
        const rateOf = (/** @type {string} */ name) => median(of(name).map(({ rate }) => rate));
        const cpuOf = (/** @type {string} */ name) => median(of(name).map(({ cpuMicros }) => cpuMicros));
        return {
          answer,
          server,
          depth,
          rate: rateOf(server),
          toReference: rateOf(server) / rateOf(reference),
          cpuMicros: cpuOf(server),
          cpuToReference: cpuOf(reference) / cpuOf(server),
        };
      }),
    ),
  );
}

/** @param {ReturnType<typeof summarise>[number]} row */
function line(row) {
  return [
    row.answer,
    row.server,
    String(row.depth),
    row.rate.toFixed(0),
    row.toReference.toFixed(2),
    row.cpuMicros.toFixed(1),
    row.cpuToReference.toFixed(2),
  ];
}
