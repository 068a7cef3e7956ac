/** Servers as child processes, and what the kernel says they used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pinned } from './load.js';

const ticksPerSecond = 100;

/** Starts `servers/NAME.js`; resolves once it listens. */
export async function startServer(name, { env, cpu }) {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
  const [program, ...args] = pinned(cpu, [process.execPath, file]);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    once(child.stdout, 'data').then(([text]) => Number(/listening (\d+)/.exec(String(text))?.[1])),
    exited.then(() => Promise.reject(new Error(`${name} did not start`))),
  ]);
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Seconds of CPU that process `pid` has used so far, in user code and in the kernel. Linux only; elsewhere NaN. */
export function cpuSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return NaN;
  }
}

/** Most memory that process `pid` has had resident, MB. */
export function peakMegabytes(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Seconds that all CPUs of the machine were busy so far. */
export function machineBusySeconds() {
  try {
    const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
  } catch {
    return NaN;
  }
}
