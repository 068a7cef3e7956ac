// @ts-check
/**
 * Forms alone, without a socket: `MultipartDecoder`, `formParts` and `readForm` beside busboy, each in a process of its own, on the same chunks of 64 KB,
 * interleaved. CPU time of the fastest batch: what disturbs a batch only ever makes it slower. `node bench/http/multipart.js [--batches 30] [--quick]`.
 */
import { parseArgs } from 'node:util';
import { startChild } from '../child.js';
import { serverCpu } from '../cpus.js';
import { columns, machine } from '../figures.js';
import { contenders, forms } from './multipart-tasks.js';

const { values: options } = parseArgs({
  options: { batches: { type: 'string', default: '30' }, quick: { type: 'boolean', default: false } },
});
const batches = options.quick ? 2 : Number(options.batches);

console.log(`${machine()}; the fastest of ${String(batches)} batches\n`);
for (const [form, { title }] of Object.entries(forms)) {
  const children = [];
  try {
    for (const name of Object.keys(contenders)) {
      const args = [form, name];
      const child = await startChild(new URL('multipart-child.js', import.meta.url), {
        args,
        cpu: serverCpu,
      });
      children.push({ name, child, micros: Infinity });
    }
    const found = [];
    for (const { name, child } of children)
      found.push(JSON.stringify({ name, ...(await child.ask('tally')) }));
    const same = new Set(found.map((text) => JSON.stringify({ ...JSON.parse(text), name: '' })));
    if (same.size > 1) throw new Error(`${title}: not all find the same: ${found.join()}`);
    for (const { child } of children) await child.ask('batch');
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < children.length; i++) {
        const one = children[(i + batch) % children.length];
        one.micros = Math.min(one.micros, await one.child.ask('batch'));
      }
    }
    const { bytes } = JSON.parse(found[0]);
    const base = children.find(({ name }) => name === 'busboy')?.micros ?? NaN;
    const lines = children.map(({ name, micros }) => [
      name,
      (micros / 1000).toFixed(2),
      (bytes / micros).toFixed(0),
      (base / micros).toFixed(2),
    ]);
    console.log(`${columns([[title, 'CPU ms', 'MB/s', '× busboy'], ...lines])}\n`);
  } finally {
    for (const { child } of children) await child.stop();
  }
}
