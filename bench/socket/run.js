// @ts-check
/** A scenario, measured: everything once a round, in rotated order. */
import { calmRun } from '../calm.js';
import { has } from '../cpus.js';
import { peakMegabytes, resetPeak } from '../proc.js';
import { startLoad } from './scenarios.js';

/**
 * @typedef {import('./scenarios.js').Contender} Contender
 *
 * @typedef {object} Sample  one measurement
 * @property {string} scenario
 * @property {string} load
 * @property {string} name
 * @property {number} rate          units a second
 * @property {number} cpuMicros     of what is measured, a unit
 * @property {number} busy          share of a CPU that it used: where it is far below 1, it waited for the load
 * @property {number} peakMegabytes
 * @property {number} foreignShare  of two CPUs, used by others meanwhile
 * @property {boolean} isDisturbed  although it was repeated
 */

/**
 * @param {import('./scenarios.js').Scenario} scenario
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.seconds
 * @param {number} options.warmUpSeconds
 * @param {number} options.tries   how often a measurement is begun that others disturb
 * @param {string} options.folder  for files and sockets
 * @returns {Promise<{ samples: Sample[], thrownAway: number }>}
 */
export async function run(scenario, { rounds, seconds, warmUpSeconds, tries, folder }) {
  /** @type {Sample[]} */
  const samples = [];
  let thrownAway = 0;
  /** @type {Running | undefined} */
  let running;
  try {
    for (let round = 0; round < rounds; round++) {
      if (scenario.startsAnew) running = await stop(running);
      running ??= await start(scenario, warmUpSeconds, folder);
      const { contenders, cpuSeconds } = running;
      for (const [load, details] of Object.entries(scenario.loads)) {
        for (let i = 0; i < contenders.length; i++) {
          const contender = contenders[(i + round) % contenders.length];
          const calm = await calmRun({ run: () => measure(contender, details, seconds), cpuSeconds, tries });
          const { result, foreignShare, isDisturbed } = calm;
          thrownAway += calm.thrownAway;
          const what = { scenario: scenario.name, load, name: contender.name };
          samples.push({ ...what, ...result, foreignShare, isDisturbed });
        }
      }
      process.stderr.write('.');
    }
  } finally {
    await stop(running);
  }
  return { samples, thrownAway };
}

/**
 * @typedef {object} Running
 * @property {Contender[]} contenders
 * @property {() => Promise<number>} cpuSeconds  of all, so far
 * @property {import('../child.js').Child} load
 *
 * @param {import('./scenarios.js').Scenario} scenario
 * @param {number} warmUpSeconds
 * @param {string} folder
 * @returns {Promise<Running>}
 */
async function start(scenario, warmUpSeconds, folder) {
  const load = await startLoad();
  /** @type {Contender[]} */
  const contenders = [];
  const running = {
    load,
    contenders,
    async cpuSeconds() {
      let sum = (await load.ask('cpu')) / 1e6;
      for (const { cpu } of contenders) sum += await cpu();
      return sum;
    },
  };
  try {
    for (const name of scenario.contenders) {
      if (name.startsWith('python-') && !has('python3')) console.warn(`${name}: there is no python3`);
      else contenders.push(await scenario.start(name, load, folder));
    }
    for (const { drive } of contenders) {
      for (const details of Object.values(scenario.loads)) await drive(details, warmUpSeconds);
    }
    return running;
  } catch (error) {
    await stop(running);
    throw error;
  }
}

/**
 * @param {Running | undefined} running
 * @returns {Promise<undefined>}
 */
async function stop(running) {
  for (const contender of running?.contenders ?? []) await contender.stop();
  await running?.load.stop();
}

/**
 * @param {Contender} contender
 * @param {object} load
 * @param {number} seconds
 */
async function measure({ pid, cpu, drive }, load, seconds) {
  resetPeak(pid);
  const before = await cpu();
  const result = await drive(load, seconds);
  const used = (await cpu()) - before;
  if (!(result.units > 0)) throw new Error('nothing came back');
  return {
    rate: result.units / result.seconds,
    cpuMicros: (used / result.units) * 1e6,
    busy: used / result.seconds,
    peakMegabytes: peakMegabytes(pid),
  };
}
