// @ts-check
/** Runs the groups of one process: megabytes a CPU second. */
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
  async check() {
    for (const { title, tasks } of groups) {
      const tallies = [];
      for (const task of tasks) tallies.push({ name: task.name, ...(await tally(task)) });
      if (title.startsWith('encode')) continue;
      const [{ frames, last }] = tallies;
      const wrong = tallies.find((other) => other.frames !== frames || other.last !== last);
      if (frames === 0 || wrong !== undefined)
        throw new Error(`${title}: not all find the same: ${JSON.stringify(tallies)}`);
    }
  },

  /** Every task once, beginning with another each time. @returns {Promise<Sample[]>} */
  async round({ number, seconds }) {
    const samples = [];
    for (const { title, tasks } of groups) {
      for (let i = 0; i < tasks.length; i++) {
        const { name, bytes, run } = tasks[(i + number) % tasks.length];
        samples.push({ group: title, name, rate: await rateOf(bytes, run, seconds) });
      }
    }
    return samples;
  },
});

/**
 * @param {number} bytes
 * @param {() => unknown} run
 * @param {number} seconds
 */
async function rateOf(bytes, run, seconds) {
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
