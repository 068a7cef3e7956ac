// @ts-check
// Our reader of requests and of responses against node:http's and h11's, on millions of cases, after a build:
// node conformance/http/differential.js --cases N --seed S [--of requests|responses]
// Exits 1 for a disagreement that docs/http-differences.md does not explain, shown as the fewest bytes that still do it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'wirestack-differential-'));
try {
  const outfile = join(directory, 'main.mjs');
  await build({
    entryPoints: [join(here, 'differential/main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main(process.argv.slice(2), join(here, 'differential/h11_peer.py'));
} finally {
  await rm(directory, { recursive: true });
}
