// @ts-check
/** Reads one form with one contender: `node multipart-child.js FORM CONTENDER`. Started by multipart.js. */
import { answer, cpuMicros } from '../child.js';
import { contenders, forms, madeOf } from './multipart-tasks.js';

const [form, name] = process.argv.slice(2);
const { chunks, bytes } = madeOf(forms[form]);
const read = contenders[name];
/** So many times that a batch is about a tenth of a second. */
const repeats = Math.max(1, Math.round(2e7 / bytes));

/**
 * A program meets forms of all kinds, and each contender has met all of them before it is measured: busboy is optimised for searching in long data
 * only where it has seen some, and takes five times as long for small fields where it has not.
 */
async function warmUp() {
  for (const other of Object.values(forms)) {
    const made = madeOf(other);
    for (let bytesRead = 0; bytesRead < 5e7; bytesRead += made.bytes) await read(made.chunks);
  }
}

answer({
  tally: async () => {
    await warmUp();
    return { ...(await read(chunks)), bytes };
  },
  /** @returns {Promise<number>} microseconds of CPU a form */
  batch: async () => {
    const start = cpuMicros();
    for (let i = 0; i < repeats; i++) await read(chunks);
    return (cpuMicros() - start) / repeats;
  },
});
