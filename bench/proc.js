// @ts-check
/** What the kernel says that processes used. It is in /proc: elsewhere than on Linux it is NaN. */
import { readFileSync, writeFileSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * Seconds of CPU that a process has used so far, in user code and in the kernel.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  return statSeconds(pid, 11, 12);
}

/**
 * The same with its children and theirs, as far as they live.
 *
 * @param {number} pid
 * @returns {number}
 */
export function treeCpuSeconds(pid) {
  return childrenOf(pid).reduce((sum, child) => sum + treeCpuSeconds(child), cpuSeconds(pid));
}

/**
 * As {@link treeCpuSeconds}, and those that have ended, too: a process that starts one for each request.
 *
 * @param {number} pid
 * @returns {number}
 */
export function treeCpuSecondsWithEnded(pid) {
  return childrenOf(pid).reduce(
    // One that has ended since is not there any more.
    (sum, child) => sum + (treeCpuSecondsWithEnded(child) || 0),
    statSeconds(pid, 11, 12, 13, 14),
  );
}

/** Seconds that this process has used, and all children of it that have ended: so those of a load generator, once it is done. */
export function ownCpuSeconds() {
  return statSeconds(process.pid, 11, 12, 13, 14);
}

/** Seconds that all CPUs of the machine were busy so far; what the hypervisor took counts as that. */
export function machineBusySeconds() {
  const line = read('/proc/stat')?.split('\n')[0];
  if (line === undefined) return NaN;
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

/**
 * Begins anew what `peakMegabytes` counts from, where the kernel allows it.
 *
 * @param {number} pid
 */
export function resetPeak(pid) {
  try {
    writeFileSync(`/proc/${String(pid)}/clear_refs`, '5');
  } catch {
    // Then the peak is that of the whole life of the process.
  }
}

/** @param {number} pid */
export function peakMegabytes(pid) {
  return statusKilobytes(pid, 'VmHWM') / 1024;
}

/** @param {number} pid */
export function residentKilobytes(pid) {
  return statusKilobytes(pid, 'VmRSS');
}

/** @param {number} pid */
function childrenOf(pid) {
  const children = read(`/proc/${String(pid)}/task/${String(pid)}/children`)?.trim() ?? '';
  return children === '' ? [] : children.split(' ').map(Number);
}

/**
 * @param {number} pid
 * @param {number[]} columns  counted from the state, which follows the name in brackets
 */
function statSeconds(pid, ...columns) {
  const text = read(`/proc/${String(pid)}/stat`);
  if (text === undefined) return NaN;
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  return columns.reduce((sum, column) => sum + Number(fields[column]), 0) / ticksPerSecond;
}

/**
 * @param {number} pid
 * @param {string} name
 */
function statusKilobytes(pid, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read(`/proc/${String(pid)}/status`) ?? '');
  return match === null ? NaN : Number(match[1]);
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
