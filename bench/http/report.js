// @ts-check
/** Ratios and tables. */
import { columns, median } from '../figures.js';

/**
 * @typedef {object} Sample  one measurement
 * @property {string} scenario
 * @property {string} server
 * @property {number} depth
 * @property {number} rate           requests a second
 * @property {number} cpuMicros      of the server's process, a request
 * @property {number} p99Ms
 * @property {number} peakMegabytes
 * @property {number} foreignShare   of two CPUs, used by others meanwhile
 * @property {boolean} disturbed     although it was repeated
 * @property {number} errors         of connections, and answers other than 2xx
 * @property {number} timeouts
 *
 * @typedef {object} Row  the measurements of one server at one depth
 * @property {string} scenario
 * @property {string} server
 * @property {number} depth
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} cpuMicros
 * @property {number} p99Ms
 * @property {number} peakMegabytes
 * @property {number} disturbed      so many of them
 * @property {number} errors
 * @property {number} timeouts
 * @property {number} [toNode]       ratio of the medians to node:http
 * @property {number} [toLimit]      the same to the raw limit
 * @property {number} [cpuToNode]    requests per CPU second, to those of node:http
 * @property {number} [cpuToLimit]
 */

/**
 * One row a server and depth, with ratios to node:http and to the raw limit of the same run.
 *
 * @param {Sample[]} samples
 * @returns {Row[]}
 */
export function summarise(samples) {
  /** @type {Map<string, Sample[]>} */
  const groups = new Map();
  for (const sample of samples) {
    const key = `${sample.scenario} ${sample.server} ${String(sample.depth)}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  const rows = [...groups.values()].map(rowOf);
  for (const row of rows) {
    const peers = rows.filter(({ scenario, depth }) => scenario === row.scenario && depth === row.depth);
    const node = peers.find(({ server }) => server === 'node-http');
    const limit = peers.find(({ server }) => server === 'raw-net');
    if (node !== undefined) {
      row.toNode = row.median / node.median;
      row.cpuToNode = node.cpuMicros / row.cpuMicros;
    }
    if (limit !== undefined) {
      row.toLimit = row.median / limit.median;
      row.cpuToLimit = limit.cpuMicros / row.cpuMicros;
    }
  }
  return rows.sort(
    (a, b) => a.scenario.localeCompare(b.scenario) || a.depth - b.depth || b.median - a.median,
  );
}

/**
 * @param {Sample[]} runs
 * @returns {Row}
 */
function rowOf(runs) {
  const rates = runs.map(({ rate }) => rate);
  const [{ scenario, server, depth }] = runs;
  return {
    scenario,
    server,
    depth,
    median: median(rates),
    min: Math.min(...rates),
    max: Math.max(...rates),
    cpuMicros: median(runs.map(({ cpuMicros }) => cpuMicros)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
    peakMegabytes: Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes)),
    disturbed: runs.filter(({ disturbed }) => disturbed).length,
    errors: runs.reduce((sum, { errors }) => sum + errors, 0),
    timeouts: runs.reduce((sum, { timeouts }) => sum + timeouts, 0),
  };
}

const head = [
  'scenario',
  'depth',
  'server',
  'req/s',
  'min–max',
  '× node',
  '× limit',
  'CPU µs',
  'CPU × node',
  'CPU × limit',
  'p99 ms',
  'peak MB',
  '',
];

/** @param {Row[]} rows */
export function table(rows) {
  const lines = rows.map((row) => [
    row.scenario,
    String(row.depth),
    row.server,
    thousands(row.median),
    `${thousands(row.min)}–${thousands(row.max)}`,
    fixed(row.toNode),
    fixed(row.toLimit),
    row.cpuMicros.toFixed(2),
    fixed(row.cpuToNode),
    fixed(row.cpuToLimit),
    // wrk does not always time pipelined answers, and then says 0.
    row.p99Ms > 0 ? row.p99Ms.toFixed(1) : '–',
    row.peakMegabytes.toFixed(0),
    marks(row),
  ]);
  return columns([head, ...lines], [0, 2, 12]);
}

/**
 * Rows for a README.
 *
 * @param {Row[]} rows
 */
export function markdown(rows) {
  return [
    '| scenario | depth | server | × node:http | × raw limit | × node:http, per CPU second |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ scenario, depth, server, toNode, toLimit, cpuToNode }) =>
        `| ${scenario} | ${String(depth)} | ${server} | ${fixed(toNode)} | ${fixed(toLimit)} | ${fixed(cpuToNode)} |`,
    ),
  ].join('\n');
}

/** @param {Row} row */
function marks({ disturbed, errors, timeouts }) {
  return [
    ...(disturbed > 0 ? [`${String(disturbed)} disturbed`] : []),
    ...(errors > 0 ? [`${String(errors)} errors`] : []),
    ...(timeouts > 0 ? [`${String(timeouts)} timeouts`] : []),
  ].join(', ');
}

/** @param {number | undefined} value */
const fixed = (value) => (value === undefined ? '–' : value.toFixed(2));
/** @param {number} value */
const thousands = (value) => `${(value / 1000).toFixed(1)}k`;
