// @ts-check
/**
 * What `@wirestack/socket` promises, as a plain program: any JavaScript runtime that has node's modules can run it, without a test runner. Prints a
 * line a case (TAP, https://testanything.org), below it what was wrong, and its totals last:
 *
 *     ok 17 - connect › a port of IPv6 nobody listens on is REFUSED
 *     not ok 18 - connect › …
 *       {"message":"…","stack":"…"}
 *     1..18
 *     # 17 passed, 1 failed
 *
 * `--only PATTERN` runs the cases whose names match; `--runtime NAME` says whose deviations are known.
 */
import { parseArgs } from 'node:util';
import { Context, runCase } from './case.js';
import { deviations } from './deviations.js';
import { plan } from './plan.js';

/** Ample: none of the cases waits for anything but its own streams and processes. */
const limitMs = 30_000;
/** For one that is known to fail, perhaps by hanging: nobody waits for it longer than its success would take. */
const deviationLimitMs = 2_000;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, runtime: { type: 'string', default: '' } },
});
const only = new RegExp(values.only);
const known = deviations.filter(({ runtime }) => runtime === values.runtime).flatMap(({ cases }) => cases);
const counts = { passed: 0, failed: 0 };

console.log('TAP version 14');
for (const { group, cases } of plan) {
  for (const { name, run } of cases) {
    const title = `${group} › ${name}`;
    if (!only.test(title)) continue;
    const failure = await runCase(run, known.includes(title) ? deviationLimitMs : limitMs);
    if (failure === undefined) counts.passed++;
    else counts.failed++;
    const number = counts.passed + counts.failed;
    console.log(`${failure === undefined ? 'ok' : 'not ok'} ${String(number)} - ${title}`);
    if (failure !== undefined) console.log(`  ${JSON.stringify(failure)}`);
  }
}
Context.cleanUp();
console.log(`1..${String(counts.passed + counts.failed)}`);
console.log(`# ${String(counts.passed)} passed, ${String(counts.failed)} failed`);
// Where all passed, nothing may keep the process alive. A case that failed may have left something open.
if (counts.failed > 0) process.exit(1);
