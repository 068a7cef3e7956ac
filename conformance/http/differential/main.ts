import { parseArgs } from 'node:util';
import { Comparison } from './comparison.ts';
import { sides, type SideName } from './sides.ts';
import { markdown, rowsOf } from './table.ts';

/** @returns the exit code */
export async function main(args: string[], script?: string): Promise<number> {
  const options = {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    of: { type: 'string', default: 'requests' },
    table: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args, options });
  const { differences, ours, generate, start } = sides[values.of as SideName];
  const peers = await start(script);
  if (values.table) {
    for (const departs of [false, true]) {
      const rows = differences.filter((difference) => (difference.departs ?? false) === departs);
      console.log(markdown(await rowsOf(rows, ours, peers)));
    }
  }
  const comparison = new Comparison(ours, peers, differences);
  const started = performance.now();
  const outcome = await comparison.run(generate, Number(values.seed), Number(values.cases));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { cases, refused, met, unexplained } = outcome;
  console.log(
    `${String(cases)} cases in ${seconds} s, ${String(refused)} of them refused, seed ${values.seed}`,
  );
  const byCount = Array.from(met).sort(([, left], [, right]) => right - left);
  for (const [name, count] of byCount) console.log(String(count).padStart(8), name);
  // One of each kind, as short as it gets.
  const kinds = new Map(unexplained.map((found) => [found.kind, found]));
  for (const [kind, found] of kinds) {
    console.log(`unexplained: ${kind}\n  ${JSON.stringify(await comparison.shrink(found))}`);
  }
  await Promise.all(Array.from(peers.values(), (peer) => peer.close()));
  return unexplained.length === 0 ? 0 : 1;
}
