// @ts-check
/** Servers as child processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from '../cpus.js';
import { natives, untilListening } from './native.js';

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {number} port
 * @property {number} pid
 * @property {() => Promise<void>} collect  Collects its garbage, where it was started with `--expose-gc`.
 * @property {() => Promise<void>} stop
 */

/** Whether it can be started here. @param {string} name */
export function isHere(name) {
  return natives[name]?.isHere ?? true;
}

/**
 * Starts `servers/NAME.js`, or a native one; resolves once it listens.
 *
 * @param {string} name
 * @param {{ env?: Record<string, string>, cpu?: number | undefined, flags?: string[] }} [options]
 * @returns {Promise<Server>}
 */
export async function startServer(name, { env = {}, cpu, flags = [] } = {}) {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
  Object.assign(process.env, env.FILES === undefined ? {} : { FILES: env.FILES });
  const {
    command,
    port: known,
    clear,
  } = (await natives[name]?.prepare()) ?? {
    command: [process.execPath, ...flags, file],
  };
  const [program, ...args] = pinned(cpu, command);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    known === undefined
      ? told(child)
      : untilListening(known, () => child.exitCode !== null).then(() => known),
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
      clear?.();
    },
  };
}

/** @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} child */
async function told(child) {
  const [text] = await once(child.stdout, 'data');
  return Number(/listening (\d+)/.exec(String(text))?.[1]);
}
