// @ts-check
// What may be run, how much it may print, and how long it may take.
import { execFile } from 'node:child_process';

/**
 * The allow-list: the words of a request, as arguments of a program. There is no shell that could read anything into them, and
 * behind `--` none of them is an option.
 *
 * @type {ReadonlyMap<string, (...words: string[]) => string[]>}
 */
const programs = new Map([
  ['date', () => ['date', '-u']],
  ['echo', (...words) => ['echo', ...words]],
  ['ls', (directory = '.') => ['ls', '--', directory]],
  ['seq', (last = '10') => ['seq', '--', last]],
  ['sleep', (seconds = '1') => ['sleep', '--', seconds]],
]);

/** @satisfies {import('node:child_process').ExecFileOptions} */
const limits = {
  maxBuffer: 1024 * 1024,
  timeout: 2000,
  killSignal: 'SIGKILL',
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
};

/**
 * What a request printed; its complaints, if there are any; or why it was not run, or not let finish.
 *
 * @param {Uint8Array} request
 * @returns {Promise<Buffer>}
 */
export async function run(request) {
  const [name = '', ...words] = new TextDecoder()
    .decode(request)
    .trim()
    .split(/[\s\0]+/);
  const [file, ...args] = programs.get(name)?.(...words) ?? [];
  if (file === undefined)
    return Buffer.from(`${name}: not on the list: ${[...programs.keys()].join(', ')}\n`);
  return new Promise((resolve) => {
    const child = execFile(file, args, { ...limits, encoding: 'buffer' }, (error, stdout, stderr) => {
      // A number is how the program ended by itself; a text, what became of it otherwise.
      if (error?.killed) resolve(Buffer.from(`${name}: killed after ${String(limits.timeout)} ms\n`));
      else if (typeof error?.code === 'string') resolve(Buffer.from(`${name}: ${error.message}\n`));
      else resolve(stderr.length > 0 ? stderr : stdout);
    });
    child.stdin?.end();
  });
}
