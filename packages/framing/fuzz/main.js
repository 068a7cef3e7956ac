// @ts-check
/**
 * Fuzzes every decoder until told otherwise: `pnpm --filter @wirestack/framing fuzz -- --inputs 100000 --seed 1 --codec resp`.
 * What fails is printed with its seed and in hexadecimal, as small as it still fails; `--only INDEX` runs one input again.
 */
import * as api from '@wirestack/framing/codecs';
import { parseArgs } from 'node:util';
import { fuzz } from './run.js';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    codec: { type: 'string', default: '' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
/** What may be left after each format, once the collector ran. */
const spareBytes = 20 * 1024 * 1024;
const before = left();
let failed = false;
const failures = fuzz({
  api,
  inputs: Number(values.inputs),
  seed,
  codec: values.codec,
  ...(values.only === undefined ? {} : { only: Number(values.only) }),
  timed: true,
  onFormat: ({ format, inputs, bytes }) => {
    const grown = left() - before;
    const isGrown = grown > spareBytes;
    failed ||= isGrown;
    console.log(
      `ok ${format}: ${String(inputs)} inputs, ${String(bytes)} bytes${isGrown ? `, ${String(grown)} bytes LEAKED` : ''}`,
    );
  },
});
for (const { format, index, hex, pieces, reason } of failures) {
  console.log(
    `FAILED ${format} --seed ${String(seed)} --only ${String(index)}\n  ${reason}\n  ${hex}\n  pieces of ${runs(pieces)}`,
  );
}
console.log(`seed ${String(seed)}: ${String(failures.length)} formats failed`);
if (failed || failures.length > 0) process.exitCode = 1;

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
