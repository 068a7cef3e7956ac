// @ts-check
/**
 * Sockets side by side: ours in either mode, raw node:net and node:dgram, Python's servers, interleaved in one run.
 * See bench/README.md for the options and how to read the tables.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPinned } from '../cpus.js';
import { machine } from '../figures.js';
import { measureMemory, memoryMarkdown, memoryRows, memoryTable } from './memory.js';
import { markdown, summarise, table } from './report.js';
import { run } from './run.js';
import { fileBytes, scenarios } from './scenarios.js';

const idle = 'idle';
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '10000' },
    only: { type: 'string', default: [...scenarios.keys(), idle].join(',') },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : whole('rounds', options.rounds);
const seconds = options.quick ? 0.5 : whole('seconds', options.seconds);
const connections = options.quick ? 1000 : whole('connections', options.connections);
const chosen = options.only.split(',').map((name) => {
  const scenario = scenarios.get(name);
  if (scenario !== undefined || name === idle) return scenario;
  throw new Error(`no scenario ${name}: ${[...scenarios.keys(), idle].join(', ')}`);
});

if (!isPinned) console.warn('What is measured and its load share their CPUs: ratios are less sharp.');
console.log(`\n${machine()}; ${String(rounds)} rounds of ${String(seconds)} s`);

const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
/** @type {import('./run.js').Sample[]} */
const samples = [];
/** @type {import('./report.js').Row[]} */
const rows = [];
/** @type {import('./memory.js').Sample[]} */
const memorySamples = [];
let thrownAway = 0;
try {
  for (const [name, bytes] of Object.entries(fileBytes))
    writeFileSync(join(folder, name), Buffer.alloc(bytes, 'f'));
  for (const scenario of chosen) {
    if (scenario === undefined) {
      memorySamples.push(...(await measureMemory({ rounds: Math.min(rounds, 3), connections })));
      console.log(`\nMemory of ${String(connections)} idle connections, KB each\n`);
      console.log(memoryTable(memoryRows(memorySamples)));
      continue;
    }
    const result = await run(scenario, {
      rounds,
      seconds,
      warmUpSeconds: options.quick ? 0.3 : 1,
      tries: options.quick ? 1 : 4,
      folder,
    });
    const summary = summarise(scenario, result.samples);
    console.log(`\n${scenario.title}; ${String(result.thrownAway)} thrown away for foreign load\n`);
    console.log(table(summary));
    samples.push(...result.samples);
    rows.push(...summary);
    thrownAway += result.thrownAway;
  }
} finally {
  rmSync(folder, { recursive: true });
}
const memory = memorySamples.length > 0 ? memoryRows(memorySamples) : [];
if (rows.length > 0) console.log(`\n${markdown(rows)}`);
if (memory.length > 0) console.log(`\n${memoryMarkdown(memory)}`);
const facts = { machine: machine(), isPinned, rounds, seconds, connections, thrownAway };
writeFileSync(
  options.json,
  `${JSON.stringify({ ...facts, rows, samples, memory, memorySamples }, undefined, 2)}\n`,
);

/**
 * @param {string} name
 * @param {string} text
 */
function whole(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes whole numbers from 1, not ${text}`);
  return Number(text);
}
