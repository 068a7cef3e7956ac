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
import { formats, parts } from './tasks.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.3' },
    formats: { type: 'string', default: Object.keys(formats).join() },
    parts: { type: 'string', default: Object.keys(parts).join() },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : positive('rounds', options.rounds);
const seconds = options.quick ? 0.02 : positive('seconds', options.seconds);

console.log(`\n${machine()}; ${String(rounds)} rounds\n`);
/** @type {import('./child.js').Sample[]} */
const samples = [];
for (const format of chosen('formats', formats)) {
  for (const part of chosen('parts', parts)) samples.push(...(await measure(format, part)));
}
process.stderr.write('\n');
const rows = rowsOf(samples);
const goals = goalsOf(rows);
// A goal is no goal for code that is not warm yet.
console.log(`${table(rows)}\n${options.quick ? '' : `\n${goalTable(goals)}\n`}`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), rounds, seconds, rows, goals, samples }, undefined, 2)}\n`,
);

/** @param {string} format @param {string} part */
async function measure(format, part) {
  const args = [format, part, options.quick ? '0.1' : '1'];
  const start = () =>
    startChild(new URL('child.js', import.meta.url), { args, cpu: serverCpu, flags: ['--expose-gc'] });
  const lister = await start();
  /** @type {{ group: string, names: string[] }[]} */
  const groups = await lister.ask('names');
  await lister.stop();
  const measured = [];
  for (const { group, names } of groups) measured.push(...(await measureGroup(group, names, start)));
  return measured;
}

/**
 * Every contender once a round, beginning with another each time.
 *
 * @param {string} group
 * @param {string[]} names
 * @param {() => Promise<import('../child.js').Child>} start
 */
async function measureGroup(group, names, start) {
  const contenders = [];
  for (const name of names) contenders.push({ name, child: await start() });
  /** @type {import('./child.js').Sample[]} */
  const measured = [];
  try {
    const tallies = [];
    for (const { name, child } of contenders)
      tallies.push({ name, ...(await child.ask('tally', { group, name })) });
    if (!group.startsWith('encode')) expectSame(group, tallies);
    for (const { name, child } of contenders) await child.ask('rate', { group, name, seconds });
    for (let number = 0; number < rounds; number++) {
      for (let i = 0; i < contenders.length; i++) {
        const { name, child } = contenders[(i + number) % contenders.length];
        measured.push({ group, name, rate: await child.ask('rate', { group, name, seconds }) });
      }
      process.stderr.write('.');
    }
  } finally {
    for (const { child } of contenders) await child.stop();
  }
  return measured;
}

/** @param {string} group @param {{ name: string, frames: number, last: number }[]} tallies */
function expectSame(group, tallies) {
  const [{ frames, last }] = tallies;
  if (frames > 0 && tallies.every((other) => other.frames === frames && other.last === last)) return;
  throw new Error(`${group}: not all find the same: ${JSON.stringify(tallies)}`);
}

/** @param {'formats' | 'parts'} option @param {object} known */
function chosen(option, known) {
  const names = options[option].split(',');
  const unknown = names.find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return names;
  throw new Error(`--${option} takes ${Object.keys(known).join()}, not ${unknown}`);
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
