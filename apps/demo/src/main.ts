import { startDemo, type Demo } from './demo.ts';
import type { Service } from './home.ts';
import { optionsFrom, usage, type DemoOptions } from './options.ts';

/** For connections that are still open after Ctrl-C. */
const drainMs = 5000;

async function main(): Promise<void> {
  let options: DemoOptions | undefined;
  try {
    options = optionsFrom(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return;
  }
  try {
    const demo = await startDemo(options);
    process.stdout.write(listing(demo.services));
    drainOnSignal(demo);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** One line a service, three columns with two spaces or more between: name, address, a command to try it with. */
function listing(services: readonly Service[]): string {
  const nameWidth = Math.max(...services.map(({ name }) => name.length));
  const width = Math.max(...services.map(({ url }) => url.length));
  const lines = services.map(
    ({ name, url, command }) => `${name.padEnd(nameWidth)}  ${url.padEnd(width)}  ${command}\n`,
  );
  return `\n${lines.join('')}\nCtrl-C stops: no new connections, and those in work are finished. Twice stops at once.\n`;
}

function drainOnSignal(demo: Demo): void {
  const impatience = new AbortController();
  let isDraining = false;
  const onSignal = (): void => {
    if (isDraining) {
      process.exitCode = 1;
      impatience.abort(new Error('stopped by a second signal'));
      return;
    }
    isDraining = true;
    process.stdout.write('draining\n');
    void demo.drain({ signal: impatience.signal, timeoutMs: drainMs });
  };
  // SIGHUP means that the terminal went away: what is said to it then must not end the drain.
  process.stdout.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

await main();
