// @ts-check
/** Processes of a benchmark that are asked, one question at a time: how much CPU they used, or to do their part. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from './cpus.js';

/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {(question: string, details?: object) => Promise<any>} ask
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a file that calls `answer`; resolves once it does. Another program than node finds the questions at the descriptor `NODE_CHANNEL_FD`,
 * a line of JSON each.
 *
 * @param {URL} file
 * @param {{ args?: string[], cpu?: number | undefined, flags?: string[], interpreter?: string }} [options]
 * @returns {Promise<Child>}
 */
export async function startChild(file, { args = [], cpu, flags = [], interpreter = process.execPath } = {}) {
  const path = fileURLToPath(file);
  const [program, ...rest] = pinned(cpu, [interpreter, ...flags, path, ...args]);
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const failed = exited.then(() => Promise.reject(new Error(`${path} ${args.join(' ')} ended`)));
  failed.catch(() => undefined);
  await Promise.race([once(child, 'message'), failed]);
  return {
    pid: /** @type {number} */ (child.pid),
    async ask(question, details = {}) {
      child.send({ question, ...details });
      const [{ answer, error }] = await Promise.race([once(child, 'message'), failed]);
      if (error !== undefined) throw new Error(`${path} ${args.join(' ')}: ${String(error)}`);
      return answer;
    },
    async stop() {
      // Asked to end, and not killed: profiles are written at the end.
      child.disconnect();
      await exited;
    },
  };
}

/**
 * The other end of `ask`. Every child knows `cpu`: microseconds that it used so far, in user code and in the kernel.
 *
 * @param {Record<string, (details: any) => unknown>} answers
 */
export function answer(answers) {
  const known = { ...answers, cpu: () => cpuMicros() };
  process.on('disconnect', () => process.exit());
  process.on('message', async (/** @type {any} */ { question, ...details }) => {
    try {
      process.send?.({ answer: await known[/** @type {keyof typeof known} */ (question)](details) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.send?.('ready');
}

export function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
