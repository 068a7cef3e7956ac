import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Application } from '@wirestack/gateway';
import { createServer, type Handler } from '@wirestack/http';
import { staticFiles, type StaticOptions } from '@wirestack/http/static';
import {
  flagOf,
  numberOf,
  onlyOne,
  readArguments,
  UsageError,
  type Arguments,
  type Command,
  type Options,
} from '../command-line.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { addressOf, logFormatOf, observed, tlsOf } from '../listening-options.ts';
import { reachableUrls } from '../reachable-urls.ts';

const help = `usage: wirestack serve [DIRECTORY] [OPTIONS]

Serves the files under DIRECTORY, by default the one you are in: with their
types, in ranges, compressed for who takes that, and a listing where there is
no index.html. It answers GET and HEAD, with nothing outside of DIRECTORY.

  -p, --port PORT      default 8000; 0 takes any that is free
  -b, --bind ADDRESS   default 127.0.0.1, which other machines cannot reach;
                       0.0.0.0 or :: for all, or the path of a Unix socket
      --cgi            runs the programs in cgi-bin/ and htbin/ for requests
      --no-listing     404 in place of listings
      --spa            index.html for pages that are not there: an application
                       that has its routes in the browser
      --dotfiles       serves names with a leading dot, too
      --follow         follows links that lead out of DIRECTORY
      --cors           lets scripts of any site read the files
      --max-age N      browsers keep files for N seconds without asking; by
                       default they ask each time
      --no-compress    sends files as they are
      --tls            HTTPS, with a certificate of its own: browsers warn of it
      --cert FILE      the certificate for HTTPS, with its chain, PEM
      --key FILE       its key, PEM
      --log FORMAT     common, combined or json; default common
  -q, --quiet          no access log
  -h, --help

Ctrl-C stops: what is under way is finished; twice stops at once.
Exit codes: 0 stopped, 1 it could not begin, 2 these arguments.
`;

const options = {
  port: { type: 'string', short: 'p' },
  bind: { type: 'string', short: 'b' },
  cgi: { type: 'boolean' },
  'no-listing': { type: 'boolean' },
  spa: { type: 'boolean' },
  dotfiles: { type: 'boolean' },
  follow: { type: 'boolean' },
  cors: { type: 'boolean' },
  'max-age': { type: 'string' },
  'no-compress': { type: 'boolean' },
  tls: { type: 'boolean' },
  cert: { type: 'string' },
  key: { type: 'string' },
  log: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

/** Downloads that are still under way after Ctrl-C. */
const drainMs = 10_000;

export const serve: Command = {
  name: 'serve',
  summary: 'serves a directory over HTTP',
  help,
  async run(args, context) {
    const given = readArguments(args, options);
    if (flagOf(given, 'help')) {
      context.stdout.write(help);
      return exitCodes.success;
    }
    const directory = await directoryOf(onlyOne(given.positionals, 'directory') ?? '.');
    const address = addressOf(given);
    const tls = await tlsOf(given);
    const format = logFormatOf(given, 'log');
    const server = createServer(await handlerFor(directory, given), {
      ...(!flagOf(given, 'quiet') && { observe: observed(format, context) }),
      ...(tls !== undefined && { tls }),
    });
    await server.listen(address);
    const urls = reachableUrls(server.address, tls !== undefined);
    context.stderr.write(`Serving ${directory}\n${urls.map((url) => `  ${url}\n`).join('')}Ctrl-C stops.\n`);
    await untilStopped(context, (signal) => server.drain({ timeoutMs: drainMs, signal }));
    return exitCodes.success;
  },
};

/** Waits for the wish to end, then for `drain`; a second wish makes that short. */
async function untilStopped(context: Context, drain: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const impatience = new AbortController();
  let stopListening = (): void => undefined;
  await new Promise<void>((resolve) => {
    let wishes = 0;
    stopListening = context.onStop(() => {
      if (++wishes === 1) resolve();
      else impatience.abort(new Error('a second signal'));
    });
  });
  await drain(impatience.signal).catch(() => undefined);
  stopListening();
}

async function handlerFor(directory: string, given: Arguments): Promise<Handler> {
  const options = filesOptions(given);
  if (!flagOf(given, 'cgi')) return staticFiles(directory, options);
  const gateway = await import('@wirestack/gateway');
  const files = gateway.staticFiles(directory, options);
  const programs = (name: string): Application => gateway.cgiScripts(join(directory, name));
  return gateway.toHandler(
    gateway.mount({ '/cgi-bin': programs('cgi-bin'), '/htbin': programs('htbin'), '/': files }),
  );
}

function filesOptions(given: Arguments): StaticOptions {
  const maxAge = numberOf(given, 'max-age', 0);
  return {
    listing: !flagOf(given, 'no-listing'),
    dotfiles: flagOf(given, 'dotfiles') ? 'serve' : 'hide',
    symlinks: flagOf(given, 'follow') ? 'follow' : 'inside',
    compress: !flagOf(given, 'no-compress'),
    precompressed: !flagOf(given, 'no-compress'),
    ...(flagOf(given, 'spa') && { fallback: 'index.html' }),
    ...(maxAge !== undefined && { cacheControl: `max-age=${String(Math.floor(maxAge))}` }),
    ...(flagOf(given, 'cors') && { headers: () => [['Access-Control-Allow-Origin', '*']] as const }),
  };
}

async function directoryOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${resolve(path)} cannot be served: ${(error as Error).message}`);
  });
  if (!found.isDirectory()) throw new UsageError(`${resolve(path)} is no directory`);
  return realpath(path);
}
