// @ts-check
/**
 * Parsers of requests alone, without a socket: ours, node's (C), llhttp as WebAssembly as undici ships it, http-parser-js. A process for each, for a
 * program has one parser; interleaved; medians of CPU time. `node bench/http/parser.js [--rounds 5] [--seconds 1] [--quick]`.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { columns, machine, median } from '../figures.js';
import { heads } from './parser-heads.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const seconds = options.quick ? '0.2' : options.seconds;
const names = ['wirestack', 'node-builtin', 'llhttp-wasm', 'http-parser-js'];
const child = fileURLToPath(new URL('parser-child.js', import.meta.url));
const run = promisify(execFile);

console.log(`${machine()}; ${String(rounds)} rounds of ${seconds} s\n`);
for (const head of Object.keys(heads)) {
  for (const wantsFields of [false, true]) {
    /** @type {Map<string, number[]>} */
    const samples = new Map();
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const { stdout } = await run(process.execPath, [child, name, head, String(wantsFields), seconds]);
        for (const [depth, nanoseconds] of Object.entries(JSON.parse(stdout))) {
          const key = `${name} ${depth}`;
          samples.set(key, [...(samples.get(key) ?? []), nanoseconds]);
        }
      }
    }
    const of = (/** @type {string} */ name, /** @type {number} */ depth) =>
      median(samples.get(`${name} ${String(depth)}`) ?? []);
    const title = `${head} head${wantsFields ? ', every field asked for' : ''}`;
    const lines = names.map((name) => [
      name,
      ...[1, 16].flatMap((depth) => [
        of(name, depth).toFixed(0),
        (of('node-builtin', depth) / of(name, depth)).toFixed(2),
      ]),
    ]);
    console.log(`${columns([[title, 'ns', '× node', 'ns, 16 a chunk', '× node'], ...lines])}\n`);
  }
}
