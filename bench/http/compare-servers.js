// @ts-check
/** Servers that do the same work in several variants, interleaved in one run: requests a second, and the CPU that each used for one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPinned, loadCpu } from '../cpus.js';
import { columns, machine, median } from '../figures.js';
import { cpuSeconds } from '../proc.js';
import { load } from './load.js';

/**
 * @typedef {object} Comparison
 * @property {string} variant      what variants are of: the head of their column
 * @property {string[]} variants
 * @property {string[]} servers
 * @property {string} reference    the server that the others are measured by
 * @property {number[]} depths     requests in flight on a connection
 * @property {number} rounds
 * @property {number} seconds      of a round
 * @property {number} connections
 * @property {boolean} [isWarmed]  each server is driven for a second before the first round
 * @property {string} [path]
 * @property {Record<string, string>} [fields]
 * @property {(server: string, variant: string) => Promise<{ port: number, pid: number, stop: () => Promise<void> }>} start
 * @property {(running: readonly Running[]) => Promise<void>} verify  rejects where one does not do the same work
 * @property {string} [json]       a file to write the figures to
 *
 * @typedef {{ server: string, variant: string, port: number, pid: number, stop: () => Promise<void> }} Running
 * @typedef {{ server: string, variant: string, depth: number, rate: number, cpuMicros: number }} Sample
 * @typedef {Sample & { toReference: number, cpuToReference: number, leastCpuMicros: number, leastCpuToReference: number }} Row
 */

/**
 * Runs them, and prints the table.
 *
 * @param {Comparison} comparison
 * @returns {Promise<Row[]>}
 */
export async function compareServers(comparison) {
  const { variants, servers, depths, rounds, seconds, isWarmed = true } = comparison;
  if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');
  const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
  /** @type {Running[]} */
  const running = [];
  /** @type {Sample[]} */
  const samples = [];
  try {
    for (const variant of variants)
      for (const server of servers)
        running.push({ server, variant, ...(await comparison.start(server, variant)) });
    await comparison.verify(running);
    if (isWarmed)
      for (const one of running) for (const depth of depths) await drive(comparison, one, depth, 1, folder);
    for (let round = 0; round < rounds; round++) {
      for (const depth of depths) {
        for (let i = 0; i < running.length; i++)
          samples.push(await measure(comparison, running[(i + round) % running.length], depth, folder));
      }
      process.stderr.write('.');
    }
  } finally {
    for (const { stop } of running) await stop();
    rmSync(folder, { recursive: true });
  }
  const rows = variants.flatMap((variant) =>
    depths.flatMap((depth) => {
      const of = samples.filter((one) => one.variant === variant && one.depth === depth);
      return rowsOf(comparison, of);
    }),
  );
  console.log(`\n${machine()}; ${String(rounds)} rounds of ${String(seconds)} s\n`);
  console.log(table(comparison, rows));
  if (comparison.json !== undefined) {
    const figures = { machine: machine(), rows, samples };
    writeFileSync(comparison.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
  return rows;
}

/**
 * @param {Comparison} comparison
 * @param {Running} one
 * @param {number} depth
 * @param {string} folder
 * @returns {Promise<Sample>}
 */
async function measure(comparison, one, depth, folder) {
  const { server, variant, pid } = one;
  const before = cpuSeconds(pid);
  const { requests, seconds, errors } = await drive(comparison, one, depth, comparison.seconds, folder);
  if (errors > 0) throw new Error(`${server} answered ${String(errors)} requests wrongly`);
  const cpuMicros = ((cpuSeconds(pid) - before) / requests) * 1e6;
  return { server, variant, depth, rate: requests / seconds, cpuMicros };
}

/**
 * @param {Comparison} comparison
 * @param {Running} one
 * @param {number} depth
 * @param {number} seconds
 * @param {string} folder
 */
function drive({ connections, path, fields = {} }, { port, server }, depth, seconds, folder) {
  const scenario = { name: server, method: 'GET', body: '', fields };
  return load({
    port,
    ...(path !== undefined && { path }),
    scenario: /** @type {import('./scenarios.js').Scenario} */ (/** @type {unknown} */ (scenario)),
    depth,
    connections,
    seconds,
    cpu: loadCpu,
    folder,
  });
}

/**
 * @param {Comparison} comparison
 * @param {Sample[]} samples  of one variant and depth
 * @returns {Row[]}
 */
function rowsOf({ servers, reference }, samples) {
  const of = (/** @type {string} */ name) => samples.filter(({ server }) => server === name);
  const rateOf = (/** @type {string} */ name) => median(of(name).map(({ rate }) => rate));
  const cpuOf = (/** @type {string} */ name) => median(of(name).map(({ cpuMicros }) => cpuMicros));
  const leastOf = (/** @type {string} */ name) => Math.min(...of(name).map(({ cpuMicros }) => cpuMicros));
  return servers.map((server) => ({
    ...of(server)[0],
    rate: rateOf(server),
    toReference: rateOf(server) / rateOf(reference),
    cpuMicros: cpuOf(server),
    cpuToReference: cpuOf(reference) / cpuOf(server),
    leastCpuMicros: leastOf(server),
    leastCpuToReference: leastOf(reference) / leastOf(server),
  }));
}

/**
 * @param {Comparison} comparison
 * @param {Row[]} rows
 */
function table({ variant, reference }, rows) {
  const times = `× ${reference}`;
  return columns(
    [
      [variant, 'server', 'depth', 'req/s', times, 'CPU µs', 'least', `CPU ${times}`, 'least ×'],
      ...rows.map((row) => [
        row.variant,
        row.server,
        String(row.depth),
        row.rate.toFixed(0),
        row.toReference.toFixed(2),
        row.cpuMicros.toFixed(1),
        row.leastCpuMicros.toFixed(1),
        row.cpuToReference.toFixed(2),
        row.leastCpuToReference.toFixed(2),
      ]),
    ],
    [0, 1],
  );
}
