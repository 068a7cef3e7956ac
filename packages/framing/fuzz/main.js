// @ts-check
/**
 * Fuzzes every decoder: `pnpm --filter @wirestack/framing fuzz -- --inputs 100000 --seed 1 --codec resp`, after a build. What fails is printed with its seed
 * and in hexadecimal, as small as it still fails; `--only INDEX` runs one input again. An input that never comes to an end is told, too: the work is
 * a thread's, and this one watches it.
 */
import * as api from '@wirestack/framing/codecs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { report } from './report.js';
import { inputAgain } from './run.js';

/** So long an input may take, with all that is done with it. */
const stuckMs = 20_000;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    codec: { type: 'string', default: '' },
    only: { type: 'string' },
  },
});
const settings = {
  inputs: Number(values.inputs),
  seed: Number(values.seed),
  codec: values.codec,
  ...(values.only === undefined ? {} : { only: Number(values.only) }),
};

/** The format and the input that are being worked on, as the thread tells. */
const progress = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: { settings, progress } });
let seen = '';
let since = performance.now();
const watch = setInterval(() => {
  const now = progress.join();
  if (now !== seen) [seen, since] = [now, performance.now()];
  else if (performance.now() - since > stuckMs) stuck();
}, 1000);
worker.on('exit', (code) => {
  clearInterval(watch);
  process.exitCode ??= code;
});

function stuck() {
  const [format, index] = progress;
  console.log(report('STUCK', settings.seed, inputAgain({ api, ...settings, format, index })));
  process.exitCode = 1;
  void worker.terminate();
}
