// @ts-check
/** Servers as child processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from '../cpus.js';

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {number} port
 * @property {number} pid
 * @property {() => Promise<void>} collect  Collects its garbage, where it was started with `--expose-gc`.
 * @property {() => Promise<void>} stop
 */

/**
 * Starts `servers/NAME.js`; resolves once it listens.
 *
 * @param {string} name
 * @param {{ env?: Record<string, string>, cpu?: number | undefined, flags?: string[] }} [options]
 * @returns {Promise<Server>}
 */
export async function startServer(name, { env = {}, cpu, flags = [] } = {}) {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
  const [program, ...args] = pinned(cpu, [process.execPath, ...flags, file]);
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
    name,
    port,
    pid: /** @type {number} */ (child.pid),
    async collect() {
      child.kill('SIGUSR2');
      await once(child.stdout, 'data');
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
