// @ts-check
/** Parses for a while and prints nanoseconds of CPU a request: `node parser-child.js NAME HEAD FIELDS SECONDS`. Started by parser.js. */
import { heads } from './parser-heads.js';

const [name, head, fields, seconds] = process.argv.slice(2);
const wantsFields = fields === 'true';
const { text, fieldCount, textLength } = heads[/** @type {keyof typeof heads} */ (head)];
/** As many requests a chunk as a pipelining client has in one read, and one, as everybody else. */
const chunkOf = (/** @type {number} */ count) => Buffer.from(text.repeat(count), 'latin1');
const { parser } = await import(`./parsers/${name}.js`);

const results = {};
for (const depth of [1, 16]) {
  const subject = parser(wantsFields);
  const chunk = chunkOf(depth);
  const run = (/** @type {number} */ milliseconds) => {
    const until = performance.now() + milliseconds;
    let count = 0;
    const before = process.cpuUsage();
    do {
      for (let i = 0; i < 200; i++) subject.push(chunk);
      count += 200 * depth;
    } while (performance.now() < until);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / count;
  };
  run(400);
  results[depth] = run(1000 * Number(seconds));
  const { count, sum } = subject.result();
  const expected = count * (textLength + (wantsFields ? 2 * fieldCount : 0));
  if (sum !== expected) throw new Error(`${name} found ${String(sum)} of ${String(expected)}`);
}
console.log(JSON.stringify(results));
