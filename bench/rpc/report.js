// @ts-check
/** Medians, ratios and the table of calls. */
import { columns, median } from '../figures.js';

/**
 * @typedef {object} Sample  one measurement
 * @property {string} name
 * @property {string} call
 * @property {number} inFlight
 * @property {number} rate          calls a second
 * @property {number} serverMicros  of CPU, a call
 * @property {number} clientMicros
 * @property {number} foreignShare  of two CPUs, used by others meanwhile
 * @property {boolean} isDisturbed  although it was repeated
 *
 * @typedef {object} Row  the measurements of one pair of ends, a call and a number in flight
 * @property {string} name
 * @property {string} call
 * @property {number} inFlight
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} serverMicros
 * @property {number} clientMicros
 * @property {number} disturbed     so many of them
 * @property {number} [toPeer]      ratio of the medians to vscode-jsonrpc
 * @property {number} [toLimit]     the same to the raw limit
 * @property {number} [cpuToPeer]   calls per CPU second of both ends, to those of vscode-jsonrpc
 */

/**
 * @param {Sample[]} samples
 * @returns {Row[]}
 */
export function summarise(samples) {
  const groups = Map.groupBy
    ? Map.groupBy(samples, keyOf)
    : samples.reduce(
        (map, sample) => map.set(keyOf(sample), [...(map.get(keyOf(sample)) ?? []), sample]),
        /** @type {Map<string, Sample[]>} */ (new Map()),
      );
  const rows = [...groups.values()].map(rowOf);
  for (const row of rows) {
    const same = rows.filter(({ call, inFlight }) => call === row.call && inFlight === row.inFlight);
    const peer = same.find(({ name }) => name === 'vscode-jsonrpc');
    const limit = same.find(({ name }) => name === 'raw-net');
    if (peer !== undefined) {
      row.toPeer = row.median / peer.median;
      row.cpuToPeer = (peer.serverMicros + peer.clientMicros) / (row.serverMicros + row.clientMicros);
    }
    if (limit !== undefined) row.toLimit = row.median / limit.median;
  }
  return rows.sort((a, b) => a.call.localeCompare(b.call) || a.inFlight - b.inFlight || b.median - a.median);
}

/** @param {Sample} sample */
const keyOf = ({ name, call, inFlight }) => `${name} ${call} ${String(inFlight)}`;

/**
 * @param {Sample[]} runs
 * @returns {Row}
 */
function rowOf(runs) {
  const rates = runs.map(({ rate }) => rate);
  const [{ name, call, inFlight }] = runs;
  return {
    name,
    call,
    inFlight,
    median: median(rates),
    min: Math.min(...rates),
    max: Math.max(...rates),
    serverMicros: median(runs.map(({ serverMicros }) => serverMicros)),
    clientMicros: median(runs.map(({ clientMicros }) => clientMicros)),
    disturbed: runs.filter(({ isDisturbed }) => isDisturbed).length,
  };
}

const head = [
  'call',
  'in flight',
  'ends',
  'calls/s',
  'min–max',
  '× vscode',
  '× limit',
  'server µs',
  'client µs',
  'CPU × vscode',
  '',
];

/** @param {Row[]} rows */
export function table(rows) {
  const lines = rows.map((row) => [
    row.call,
    String(row.inFlight),
    row.name,
    thousands(row.median),
    `${thousands(row.min)}–${thousands(row.max)}`,
    fixed(row.toPeer),
    fixed(row.toLimit),
    row.serverMicros.toFixed(2),
    row.clientMicros.toFixed(2),
    fixed(row.cpuToPeer),
    row.disturbed > 0 ? `${String(row.disturbed)} disturbed` : '',
  ]);
  return columns([head, ...lines], [0, 2, 10]);
}

/** @param {number | undefined} value */
const fixed = (value) => (value === undefined ? '–' : value.toFixed(2));
/** @param {number} value */
const thousands = (value) => `${(value / 1000).toFixed(1)}k`;
