// @ts-check
/** The thread that fuzzes and reports. Started by main.js. */
import * as api from '@wirestack/framing/codecs';
import { workerData } from 'node:worker_threads';
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
for (const { format, index, hex, pieces, reason } of failures) {
  console.log(
    `FAILED ${format} --seed ${String(settings.seed)} --only ${String(index)}\n  ${reason}\n  ${hex}\n  pieces of ${runs(pieces)}`,
  );
}
console.log(`seed ${String(settings.seed)}: ${String(failures.length)} formats failed`);
if (failures.length > 0) process.exitCode = 1;

/** `3 1×20 7`. @param {readonly number[]} sizes */
function runs(sizes) {
  const found = [];
  for (let from = 0, to = 0; from < sizes.length; from = to) {
    while (sizes[to] === sizes[from]) to++;
    found.push(to - from > 1 ? `${String(sizes[from])}×${String(to - from)}` : String(sizes[from]));
  }
  return found.join(' ');
}

function left() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
