#!/usr/bin/env node
import { runCli } from './cli.ts';
import { processContext } from './context.ts';

// A reader that has had enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
// A terminal that went away must not end a server that drains.
process.stderr.on('error', () => undefined);
process.exitCode = await runCli(process.argv.slice(2), processContext);
