// @ts-check
/** Resident memory of idle connections: each is served once, then held; then all are served again. */
import { startChild } from '../child.js';
import { columns, median } from '../figures.js';
import { residentKilobytes } from '../proc.js';
import { startLoad } from './scenarios.js';

/** With what each is compared: like with like, as a promise that waits costs whoever makes it. */
const comparedWith = new Map([
  ['raw-net', 'raw-net'],
  ['wirestack-push', 'raw-net'],
  ['raw-for-await', 'raw-for-await'],
  ['wirestack-for-await', 'raw-for-await'],
  ['wirestack-read', 'raw-for-await'],
]);
const contenders = [...comparedWith.keys()];
const atMost = 1.15;
/** Opened and closed before it is measured: they pay for what is loaded and compiled once. */
const firstConnections = 100;

/**
 * @typedef {object} Sample  kilobytes, a connection
 * @property {string} name
 * @property {number} resident   as it stands
 * @property {number} collected  the same after a garbage collection
 * @property {number} heap       of these, objects of JavaScript
 */

/**
 * A fresh process each time: what a heap looks like depends on what it has been through.
 *
 * @param {{ rounds: number, connections: number }} options
 */
export async function measureMemory({ rounds, connections }) {
  /** @type {Sample[]} */
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      samples.push(await measure(contenders[(i + round) % contenders.length], connections));
    }
    process.stderr.write('.');
  }
  return samples;
}

/**
 * @param {string} name
 * @param {number} count
 * @returns {Promise<Sample>}
 */
async function measure(name, count) {
  const load = await startLoad();
  const flags = ['--expose-gc'];
  const server = await startChild(new URL('end.js', import.meta.url), { args: ['echo', name], flags });
  try {
    const place = await server.ask('serve', {});
    await load.ask('hold', { place, count: Math.min(count, firstConnections) });
    await load.ask('letGo');
    const heapBefore = await server.ask('collect');
    const before = residentKilobytes(server.pid);
    await load.ask('hold', { place, count });
    const resident = residentKilobytes(server.pid) - before;
    const heap = (await server.ask('collect')) - heapBefore;
    const collected = residentKilobytes(server.pid) - before;
    const served = await load.ask('letGo');
    if (served !== count) throw new Error(`${name}: ${String(served)} of ${String(count)} were served again`);
    return { name, resident: resident / count, collected: collected / count, heap: heap / 1024 / count };
  } finally {
    await server.stop();
    await load.stop();
  }
}

/** @param {Sample[]} samples */
export function memoryRows(samples) {
  const rows = contenders
    .map((name) => samples.filter((sample) => sample.name === name))
    .map((runs) => ({
      name: runs[0].name,
      resident: median(runs.map(({ resident }) => resident)),
      collected: median(runs.map(({ collected }) => collected)),
      heap: median(runs.map(({ heap }) => heap)),
    }));
  return rows.map((row) => {
    const of = comparedWith.get(row.name);
    const raw = rows.find(({ name }) => name === of) ?? row;
    return {
      ...row,
      toRaw: row.resident / raw.resident,
      collectedToRaw: row.collected / raw.collected,
      goal: row === raw ? '' : `≤ ${String(atMost)} ${raw.name}`,
    };
  });
}

/** @param {ReturnType<typeof memoryRows>} rows */
export function memoryTable(rows) {
  const head = ['who', 'KB each', '× its raw', 'collected', '× its raw', 'heap', 'goal', 'reached'];
  const lines = rows.map((row) => [
    row.name,
    row.resident.toFixed(2),
    row.toRaw.toFixed(2),
    row.collected.toFixed(2),
    row.collectedToRaw.toFixed(2),
    row.heap.toFixed(2),
    row.goal,
    row.goal === '' ? '' : verdict(row),
  ]);
  return columns([head, ...lines], [0, 6, 7]);
}

/** @param {ReturnType<typeof memoryRows>[number]} row */
function verdict({ toRaw, collectedToRaw }) {
  if (toRaw <= atMost && collectedToRaw <= atMost) return 'yes';
  if (toRaw <= atMost) return 'as it stands only';
  return collectedToRaw <= atMost ? 'collected only' : 'no';
}

/** @param {ReturnType<typeof memoryRows>} rows */
export function memoryMarkdown(rows) {
  return [
    '| idle connections of | KB each | × its raw | collected: KB each | × its raw | goal |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ name, resident, toRaw, collected, collectedToRaw, goal }) =>
        `| ${name} | ${resident.toFixed(1)} | ${toRaw.toFixed(2)} | ${collected.toFixed(1)} | ${collectedToRaw.toFixed(2)} | ${goal} |`,
    ),
  ].join('\n');
}
