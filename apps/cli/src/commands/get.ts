import type { FileHandle } from 'node:fs/promises';
import { Client, type ClientResponse } from '@wirestack/http/client';
import {
  flagOf,
  numberOf,
  onlyOne,
  readArguments,
  UsageError,
  type Command,
  type Options,
} from '../command-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { messageOf } from '../messages.ts';
import { clientOptions, requestOptions } from '../get/asked.ts';
import { Destination } from '../get/destination.ts';
import { ProgressBar } from '../get/progress-bar.ts';
import { Report } from '../get/report.ts';

const help = `usage: wirestack get URL [OPTIONS]

Asks for URL and writes the body of the answer to standard output. Its head, how
long each phase took, and a progress bar go to standard error, where that is a
terminal. Redirects are followed; a URL without a scheme is http://.

what is sent
  -X, --method METHOD      default GET; POST with a body
  -H, --header 'NAME: V'   a field, in place of the one there would be
  -d, --data TEXT|@FILE    a body: application/x-www-form-urlencoded
      --json TEXT|@FILE    a body that is JSON
  -F, --form NAME=VALUE    a part of a multipart form; NAME=@FILE uploads a
                           file; as often as there are parts
  -T, --upload FILE        a file as the body, by PUT
  -I, --head               asks by HEAD, and shows the head only
  -u, --user NAME:PASSWORD credentials, for the server of URL only
      --digest             sends them by Digest, not Basic

where it goes
  -o, --output FILE        into FILE, which is there in whole or not at all
  -O, --remote-name        into a file named as URL ends
  -C, --continue           goes on with a FILE that was cut short, if it is
                           still the same one there

how
      --no-redirect        shows redirects in place of following them
      --retry N            tries again, after a while: 429, 502, 503, 504,
                           and where there is no connection
  -m, --max-time SECONDS   for all of it
      --connect-timeout S  for the connection; default 10
  -x, --proxy URL          by a proxy; default http_proxy, https_proxy,
                           all_proxy and no_proxy of the environment
      --no-proxy           by none
      --unix-socket PATH   connects to PATH
      --cacert FILE        trusts these certificates, PEM
  -k, --insecure           trusts any

what is shown
  -i, --include            the head on standard output, too
  -v, --verbose            head and phases, terminal or not
  -q, --quiet              neither them nor progress
  -h, --help

Exit codes: 0 an answer below 400, 1 a file that cannot be written, 2 these
arguments, 4 no answer or not all of it, 8 an answer of 400 or more.
`;

const options = {
  method: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd' },
  json: { type: 'string' },
  form: { type: 'string', short: 'F', multiple: true },
  upload: { type: 'string', short: 'T' },
  head: { type: 'boolean', short: 'I' },
  user: { type: 'string', short: 'u' },
  digest: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  'remote-name': { type: 'boolean', short: 'O' },
  continue: { type: 'boolean', short: 'C' },
  'no-redirect': { type: 'boolean' },
  retry: { type: 'string' },
  'max-time': { type: 'string', short: 'm' },
  'connect-timeout': { type: 'string' },
  proxy: { type: 'string', short: 'x' },
  'no-proxy': { type: 'boolean' },
  'unix-socket': { type: 'string' },
  cacert: { type: 'string' },
  insecure: { type: 'boolean', short: 'k' },
  include: { type: 'boolean', short: 'i' },
  verbose: { type: 'boolean', short: 'v' },
  quiet: { type: 'boolean', short: 'q' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

export const get: Command = {
  name: 'get',
  summary: 'asks for a URL',
  help,
  async run(args, context) {
    const given = readArguments(args, options);
    if (flagOf(given, 'help')) {
      context.stdout.write(help);
      return exitCodes.success;
    }
    const url = urlOf(onlyOne(given.positionals, 'URL'));
    const destination = await Destination.from(given, url, context);
    const report = new Report(given, context);
    const maxTime = numberOf(given, 'max-time', 0);
    const client = new Client(await clientOptions(given, url, context.env));
    const opened: FileHandle[] = [];
    const stop = new AbortController();
    const stopListening = context.onStop(() => {
      stop.abort(new Error('interrupted'));
    });
    const limit = maxTime === undefined ? [] : [AbortSignal.timeout(1000 * maxTime)];
    const signal = AbortSignal.any([stop.signal, ...limit]);
    const bar = new ProgressBar(context.stderr, flagOf(given, 'quiet') || !destination.isApart);
    try {
      const response = await client.request(url, {
        ...(await requestOptions(given, destination.resumeFields, opened)),
        signal,
        onUpload: (sent, total) => {
          bar.show('sent', sent, total);
        },
        onDownload: (received, total) => {
          bar.show('received', received, total);
        },
      });
      report.head(response);
      const bytes = await destination.take(response, bar);
      bar.clear();
      report.phases(response, bytes);
      return codeOf(response);
    } catch (error) {
      bar.clear();
      if (isOfFile(error) || error instanceof UsageError) throw error;
      context.stderr.write(`wirestack get: ${messageOf(error)}\n${await destination.interrupted()}`);
      return exitCodes.network;
    } finally {
      stopListening();
      client.abort();
      await Promise.all(opened.map((file) => file.close()));
    }
  },
};

/** @throws UsageError */
function urlOf(text: string | undefined): string {
  if (text === undefined) throw new UsageError('a URL is expected');
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) throw new UsageError(`${JSON.stringify(text)} is no URL`);
  if (!/^https?:/i.test(url)) throw new UsageError(`${JSON.stringify(text)} is neither http nor https`);
  return url;
}

function codeOf({ status }: ClientResponse): number {
  return status >= 400 && status !== 416 ? exitCodes.status : exitCodes.success;
}

/** A file of ours, not the network. */
function isOfFile(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}
