// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {(context: Context) => Promise<void>} CaseBody */
/** @typedef {{ readonly name: string, readonly run: CaseBody }} Case */

/** Where a case says what is to be undone when it is over, however it ends. */
export class Context {
  /** @type {(() => unknown)[]} */
  #undo = [];
  /** @type {string | undefined} */
  static #directory;
  static #paths = 0;

  /** @param {() => unknown} undo called after the case, the last first */
  defer(undo) {
    this.#undo.push(undo);
  }

  /**
   * Aborts, kills or closes it after the case.
   * @template T
   * @param {T} resource
   * @returns {T}
   */
  own(resource) {
    this.defer(() => end(resource));
    return resource;
  }

  /** A path for a Unix socket or a file, in a directory that goes with the program. */
  path() {
    Context.#directory ??= mkdtempSync(join(tmpdir(), 'wirestack-runtime-'));
    return join(Context.#directory, String(++Context.#paths));
  }

  async undo() {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  /** Removes what {@link path} was in. */
  static cleanUp() {
    if (Context.#directory !== undefined) rmSync(Context.#directory, { recursive: true, force: true });
  }
}

/** @param {any} resource */
async function end(resource) {
  if (typeof resource.abort === 'function') resource.abort();
  else if (typeof resource.kill === 'function') resource.kill('SIGKILL');
  else await resource[Symbol.asyncDispose]();
}

/**
 * Runs one, and answers what was wrong with it: an assertion that failed, an exception or a rejection that nobody handled meanwhile, or that it
 * did not end.
 *
 * @param {CaseBody} run
 * @param {number} limitMs
 * @returns {Promise<{ message: string, stack: string } | undefined>}
 */
export async function runCase(run, limitMs) {
  const context = new Context();
  /** @type {(error: unknown) => void} */
  let fail = () => undefined;
  const failed = new Promise((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const timer = setTimeout(() => {
    fail(new Error(`hung for ${String(limitMs)} ms`));
  }, limitMs);
  current = fail;
  try {
    await Promise.race([run(context), failed]);
    await Promise.race([context.undo(), failed]);
    // What goes wrong behind its back does so in the next turns.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed]);
    return undefined;
  } catch (error) {
    void context.undo().catch(() => undefined);
    return described(error);
  } finally {
    current = undefined;
    clearTimeout(timer);
  }
}

/** @type {((error: unknown) => void) | undefined} */
let current;
/** @param {string} what */
const blame = (what) => (/** @type {unknown} */ error) => {
  const { message, stack } = described(error);
  if (current === undefined) console.log(`# ${what} between two cases: ${stack}`);
  else current(Object.assign(new Error(`${what}: ${message}`), { stack }));
};
process.on('unhandledRejection', blame('unhandled rejection'));
process.on('uncaughtException', blame('uncaught exception'));

/** @param {unknown} error */
function described(error) {
  if (!(error instanceof Error)) return { message: String(error), stack: '' };
  const cause = error.cause instanceof Error ? `\ncaused by ${String(error.cause.stack)}` : '';
  return {
    message: error.message.split('\n').slice(0, 12).join('\n'),
    stack: `${String(error.stack)}${cause}`,
  };
}
