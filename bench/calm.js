// @ts-check
/** Runs during which others used the machine, and what becomes of them. */
import { machineBusySeconds, ownCpuSeconds } from './proc.js';

/** Others may use this share of two CPUs before a run is thrown away. */
const foreignLimit = 0.1;

/**
 * The result of `run`, which is repeated while others disturb it; the last of `tries` is kept in any case.
 *
 * @template Result
 * @param {object} options
 * @param {() => Promise<Result>} options.run
 * @param {() => Promise<number>} options.cpuSeconds  what the processes of the benchmark have used so far, without this one
 * @param {number} options.tries
 */
export async function calmRun({ run, cpuSeconds, tries }) {
  for (let thrownAway = 0; ; thrownAway++) {
    const before = await usage(cpuSeconds);
    const result = await run();
    const after = await usage(cpuSeconds);
    const foreign = after.machine - before.machine - (after.bench - before.bench);
    const foreignShare = Math.max(0, foreign / (2 * (after.clock - before.clock)));
    const isDisturbed = foreignShare > foreignLimit;
    if (!isDisturbed || thrownAway === tries - 1) return { result, foreignShare, isDisturbed, thrownAway };
  }
}

/** @param {() => Promise<number>} cpuSeconds */
async function usage(cpuSeconds) {
  const bench = (await cpuSeconds()) + ownCpuSeconds();
  return { bench, machine: machineBusySeconds(), clock: performance.now() / 1000 };
}
