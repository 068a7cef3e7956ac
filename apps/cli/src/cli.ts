import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from './command-line.ts';
import { commands } from './commands/index.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { messageOf } from './messages.ts';

const usage = `usage: wirestack COMMAND [OPTIONS]

${commands.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}\n`).join('')}
wirestack COMMAND --help tells more of one; --version which version this is.
`;

/** Runs the command that the arguments name, and resolves with the exit code. */
export async function runCli(args: readonly string[], context: Context): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    context.stderr.write(usage);
    return exitCodes.usage;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const of = commands.find((command) => command.name === rest[0]);
    context.stdout.write(of?.help ?? usage);
    return exitCodes.success;
  }
  if (name === '--version' || name === '-V') {
    context.stdout.write(`${version()}\n`);
    return exitCodes.success;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    context.stderr.write(`wirestack: there is no command ${JSON.stringify(name)}\n\n${usage}`);
    return exitCodes.usage;
  }
  try {
    return await command.run(rest, context);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const hint = isUsage ? `\nwirestack ${name} --help tells what it takes.\n` : '';
    context.stderr.write(`wirestack ${name}: ${messageOf(error)}\n${hint}`);
    return isUsage ? exitCodes.usage : exitCodes.failure;
  }
}

function version(): string {
  const file = fileURLToPath(new URL('../package.json', import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
