// @ts-check
/** Medians, ratios and the tables. */
import { columns, median } from '../figures.js';

/**
 * @typedef {object} ServerSample
 * @property {string} name
 * @property {number} rate    answers a second
 * @property {number} micros  of CPU, an answer
 */

/** @param {import('./codec.js').Sample[]} samples */
export function codecRows(samples) {
  const rows = groups(samples, ({ message, task, name }) => `${message} ${task} ${name}`).map((group) => ({
    message: group[0].message,
    task: group[0].task,
    name: group[0].name,
    ...spread(group.map(({ rate }) => rate)),
  }));
  return rows
    .map((row) => ({ ...row, toPeer: row.median / peerOf(rows, row).median }))
    .sort(
      (a, b) => a.message.localeCompare(b.message) || a.task.localeCompare(b.task) || b.median - a.median,
    );
}

/**
 * @template {{ message: string, task: string, name: string }} Row
 * @param {Row[]} rows
 * @param {Row} of
 * @returns {Row}
 */
function peerOf(rows, of) {
  const peer = rows.find(
    ({ message, task, name }) => message === of.message && task === of.task && name === 'dns-packet',
  );
  return /** @type {Row} */ (peer);
}

/** @param {ReturnType<typeof codecRows>} rows */
export function codecTable(rows) {
  const lines = rows.map(({ message, task, name, median, min, max, toPeer }) => [
    message,
    task,
    name,
    thousands(median),
    `${thousands(min)}–${thousands(max)}`,
    toPeer.toFixed(2),
  ]);
  return columns([['message', 'task', 'codec', 'k/CPU s', 'min–max', '× dns-packet'], ...lines], [0, 1, 2]);
}

/** @param {ServerSample[]} samples */
export function serverRows(samples) {
  const rows = cpuRows(samples);
  const limit = rows.find(({ name }) => name === 'raw-dgram');
  return rows.map((row) => ({ ...row, toLimit: row.median / /** @type {typeof row} */ (limit).median }));
}

/** @param {ReturnType<typeof serverRows>} rows */
export function serverTable(rows) {
  const lines = rows.map((row) => [...cpuCells(row), row.toLimit.toFixed(2), thousands(row.rate)]);
  return columns([['server', 'CPU µs', 'min–max', '× limit', 'k/s'], ...lines], [0]);
}

/** @param {ServerSample[]} samples */
export function clientRows(samples) {
  const rows = cpuRows(samples);
  const system = rows.find(({ name }) => name === 'node:dns');
  return rows.map((row) => ({ ...row, toSystem: row.median / /** @type {typeof row} */ (system).median }));
}

/** @param {ReturnType<typeof clientRows>} rows */
export function clientTable(rows) {
  const lines = rows.map((row) => [...cpuCells(row), row.toSystem.toFixed(2), thousands(row.rate)]);
  return columns([['client', 'CPU µs', 'min–max', '× node:dns', 'k/s'], ...lines], [0]);
}

/** @param {ServerSample[]} samples */
function cpuRows(samples) {
  return groups(samples, ({ name }) => name).map((group) => ({
    name: group[0].name,
    ...spread(group.map(({ micros }) => micros)),
    rate: median(group.map(({ rate }) => rate)),
  }));
}

/** @param {ReturnType<typeof cpuRows>[number]} row */
function cpuCells({ name, median, min, max }) {
  return [name, median.toFixed(2), `${min.toFixed(2)}–${max.toFixed(2)}`];
}

/** @param {number[]} values */
function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @returns {Item[][]}
 */
function groups(items, keyOf) {
  /** @type {Map<string, Item[]>} */
  const map = new Map();
  for (const item of items) map.set(keyOf(item), [...(map.get(keyOf(item)) ?? []), item]);
  return [...map.values()];
}

/** @param {number} value */
const thousands = (value) => (value / 1000).toFixed(1);
