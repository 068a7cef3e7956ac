// @ts-check
/** A CPU for those that are measured, and one for those that measure, where there are two and `taskset`. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** @param {string} program */
export const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Server and load on a CPU each. */
export const isPinned = has('taskset') && availableParallelism() >= 2;
export const serverCpu = isPinned ? 0 : undefined;
export const loadCpu = isPinned ? 1 : undefined;

/**
 * `command`, on `cpu` only.
 *
 * @param {number | undefined} cpu
 * @param {string[]} command
 */
export function pinned(cpu, command) {
  return cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
}
