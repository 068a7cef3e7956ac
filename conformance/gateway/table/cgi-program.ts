import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const application = fileURLToPath(new URL('../../../apps/demo/dist/application.js', import.meta.url));
const conformance = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A directory with the application as a program, `cgi-bin/app`, that web servers may run as another user. The program is one file: a process for each request reads it the quickest, and
 * nothing outside of the directory needs to be open to that user.
 */
export async function makeCgiDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-cgi-'));
  await chmod(directory, 0o755);
  await mkdir(join(directory, 'cgi-bin'));
  const program = join(directory, 'cgi-bin/app');
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { runAsCgi } from '@wirestack/gateway';
        import { application } from ${JSON.stringify(application)};
        await runAsCgi(application);
      `,
      resolveDir: conformance,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: `#!${process.execPath}` },
    write: false,
  });
  await writeFile(program, outputFiles[0]?.contents ?? '');
  await chmod(program, 0o755);
  return directory;
}
