// @ts-check
/** The thread that fuzzes and reports. Started by main.js. */
import * as api from '@wirestack/framing/codecs';
import { workerData } from 'node:worker_threads';
import { report } from './report.js';
import { fuzz } from './run.js';

const { settings, progress } = workerData;
/** What may be left after each format, once the collector ran. */
const spareBytes = 20 * 1024 * 1024;
const before = left();
const failures = fuzz({
  ...settings,
  api,
  timed: true,
  onInput: (format, index) => {
    progress[0] = format;
    progress[1] = index;
  },
  onFormat: ({ format, inputs, bytes }) => {
    const grown = left() - before;
    if (grown > spareBytes) process.exitCode = 1;
    const leak = grown > spareBytes ? `, ${String(grown)} bytes LEAKED` : '';
    console.log(`ok ${format}: ${String(inputs)} inputs, ${String(bytes)} bytes${leak}`);
  },
});
for (const failure of failures) console.log(report('FAILED', settings.seed, failure));
console.log(`seed ${String(settings.seed)}: ${String(failures.length)} formats failed`);
if (failures.length > 0) process.exitCode = 1;

function left() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
