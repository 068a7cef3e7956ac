// @ts-check
/** Runs one contender: bytes a CPU second. */
import { answer, cpuMicros } from '../child.js';
import { groupsOf, tally } from './tasks.js';

/**
 * @typedef {object} Sample
 * @property {string} group
 * @property {string} name
 * @property {number} rate  bytes a CPU second
 */

const [, , format, part, share] = process.argv;
const groups = groupsOf(format, part, Number(share));

answer({
  /** Which contenders there are. */
  names: () => groups.map(({ title, tasks }) => ({ group: title, names: tasks.map(({ name }) => name) })),

  /** How many frames it finds, and the length of the last. */
  tally: (asked) => tally(taskOf(asked)),

  /** @returns {Promise<number>} */
  rate: ({ seconds, ...asked }) => rateOf(taskOf(asked), seconds),
});

/** @param {{ group: string, name: string }} asked */
function taskOf({ group, name }) {
  const task = groups.find(({ title }) => title === group)?.tasks.find((one) => one.name === name);
  if (task === undefined) throw new Error(`there is no ${name} in ${group}`);
  return task;
}

/** @param {import('./tasks.js').Task} task @param {number} seconds */
async function rateOf({ bytes, run }, seconds) {
  globalThis.gc?.();
  const start = cpuMicros();
  let used = 0;
  let runs = 0;
  // Asking what was used costs as much as a short run: those are asked for after a hundred.
  const atOnce = bytes < 100_000 ? 100 : 1;
  while (used < seconds * 1e6) {
    for (let i = 0; i < atOnce; i++) await run();
    runs += atOnce;
    used = cpuMicros() - start;
  }
  return (runs * bytes) / (used / 1e6);
}
