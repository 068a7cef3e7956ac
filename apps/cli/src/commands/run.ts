import { dirname } from 'node:path';
import { handleSignals, runAsCgi } from '@wirestack/gateway';
import { flagOf, readArguments, type Command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { messageOf } from '../messages.ts';
import { reachableUrls } from '../reachable-urls.ts';
import { moduleArgument, type ModuleArgument } from '../run/module-argument.ts';
import { writePid } from '../run/pid-file.ts';
import { runHelp, runOptions, runSettings, type RunSettings } from '../run/run-options.ts';
import { beginServer, servedSettings, type RunningServer } from '../run/running-server.ts';
import { servedApplication } from '../run/served-application.ts';
import { watchDirectory } from '../run/watch-directory.ts';

export const run: Command = {
  name: 'run',
  summary: 'serves an application that a module exports',
  help: runHelp,
  async run(args, context) {
    const given = readArguments(args, runOptions);
    if (flagOf(given, 'help')) {
      context.stdout.write(runHelp);
      return exitCodes.success;
    }
    const settings = await runSettings(given);
    const module = moduleArgument(settings.module);
    if (settings.protocol === 'cgi') {
      const { application } = await servedApplication(servedSettings(module, settings), context);
      await runAsCgi(application);
      return exitCodes.success;
    }
    const server = await beginServer(module, settings, context);
    const removePid = settings.pidFile === undefined ? undefined : writePid(settings.pidFile);
    tell(server, module, settings, context);
    const stopWatching = settings.reload ? reloading(server, module, context) : undefined;
    const report = (error: unknown): void => {
      context.stderr.write(`${messageOf(error)}\n`);
    };
    const signals = handleSignals(server, {
      source: context.signals,
      drainMs: settings.drainMs,
      onError: report,
    });
    await signals.ended;
    signals.undo();
    stopWatching?.();
    removePid?.();
    return exitCodes.success;
  },
};

function tell(
  { address, processes }: RunningServer,
  { path, name }: ModuleArgument,
  { protocol, tls }: RunSettings,
  { stderr }: Context,
): void {
  const urls = reachableUrls(address, tls !== undefined).map((url) =>
    protocol === 'http' ? url : url.replace(/^http:\/\/(.*)\/$/, `${protocol} $1`),
  );
  const many = processes === undefined ? '' : ` in processes ${processes.map(({ pid }) => pid).join(', ')}`;
  stderr.write(
    `Running ${path}${name === undefined ? '' : `:${name}`}${many}\n${urls.map((url) => `  ${url}\n`).join('')}Ctrl-C stops.\n`,
  );
}

function reloading(server: RunningServer, { path }: ModuleArgument, { stderr }: Context): () => void {
  return watchDirectory(dirname(path), async (file) => {
    stderr.write(`${file} has changed.\n`);
    await server.restart?.();
  });
}
