// @ts-check
/**
 * Codecs side by side with npm packages and with what one would write by hand, interleaved, by CPU time. See bench/README.md for the options
 * and how to read the tables.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startChild } from '../child.js';
import { serverCpu } from '../cpus.js';
import { machine } from '../figures.js';
import { goalsOf, goalTable, rowsOf, table } from './report.js';
import { processes } from './tasks.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.3' },
    only: { type: 'string', default: Object.keys(processes).join() },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 2 : positive('rounds', options.rounds);
const seconds = options.quick ? 0.02 : positive('seconds', options.seconds);

console.log(`\n${machine()}; ${String(rounds)} rounds\n`);
/** @type {import('./child.js').Sample[]} */
const samples = [];
for (const name of options.only.split(',')) samples.push(...(await measure(name)));
process.stderr.write('\n');
const rows = rowsOf(samples);
const goals = goalsOf(rows);
console.log(`${table(rows)}\n\n${goalTable(goals)}\n`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), rounds, seconds, rows, goals, samples }, undefined, 2)}\n`,
);

/** @param {string} name */
async function measure(name) {
  if (!Object.hasOwn(processes, name))
    throw new Error(`--only takes ${Object.keys(processes).join()}, not ${name}`);
  const args = [name, options.quick ? '0.1' : '1'];
  const child = await startChild(new URL('child.js', import.meta.url), {
    args,
    cpu: serverCpu,
    flags: ['--expose-gc'],
  });
  try {
    await child.ask('check');
    await child.ask('round', { number: 0, seconds });
    /** @type {import('./child.js').Sample[]} */
    const measured = [];
    for (let number = 0; number < rounds; number++) {
      measured.push(...(await child.ask('round', { number, seconds })));
      process.stderr.write('.');
    }
    return measured;
  } finally {
    await child.stop();
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not ${text}`);
  return value;
}
