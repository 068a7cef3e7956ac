import type { AccessLogFormat, TrustProxyOptions } from '@wirestack/http';
import type { TlsServerOptions } from '@wirestack/socket';
import {
  flagOf,
  numberOf,
  onlyOne,
  textOf,
  UsageError,
  type Arguments,
  type Options,
} from '../command-line.ts';
import { addressOf, logFormatOf, tlsOf } from '../listening-options.ts';

export const runHelp = `usage: wirestack run MODULE[:EXPORT] [OPTIONS]

Serves the application that MODULE exports: a function of environ and
startResponse, or an object with a fetch(request), as Hono and Workers have it.
EXPORT is application, app or default, whichever there is; create() calls what
makes one. A module in TypeScript wants Node 22.18 or later.

  -b, --bind ADDRESS   default 127.0.0.1, which other machines cannot reach;
                       0.0.0.0 or :: for all, HOST:PORT, the path of a Unix
                       socket, or fd:3 for one that is open already
  -p, --port PORT      default 8000; 0 takes any that is free
      --processes N    default 1, this one; 0: one for each CPU
      --reload         starts anew when a file beside the module changes
      --validate       checks the application against PEP 3333
      --access-log F   common, combined, json or off; default common
      --fastcgi, --scgi, --uwsgi
                       speaks to a front server, such as nginx, in place of
                       HTTP; the access log is the front server's
      --cgi            answers the one request that the environment and
                       standard input say, and ends
      --tls            HTTPS, with a certificate of its own: browsers warn of it
      --cert FILE      the certificate for HTTPS, with its chain, PEM
      --key FILE       its key, PEM
      --script-name P  mounts the application at the path P
      --trust-proxy A  believes X-Forwarded-For, -Proto and -Host of the proxies
                       at these addresses: 10.0.0.0/8,unix
      --drain-delay S  accepts for S seconds after it was told to end, and says
                       that it is not ready: Kubernetes wants 5 or more
      --drain-time S   what is under way then has S seconds; default 30
      --pid FILE       writes the process id into FILE
  -h, --help

SIGTERM and Ctrl-C finish what is under way, and end; twice at once. With
--processes of 2 or more, or --reload, SIGHUP loads the module anew and loses no
connection: where it does not load, the old one stays. SIGTTIN is a process
more, SIGTTOU one less.
Exit codes: 0 ended, 1 it could not begin, 2 these arguments.
`;

export const runOptions: Options = {
  bind: { type: 'string', short: 'b' },
  port: { type: 'string', short: 'p' },
  processes: { type: 'string' },
  reload: { type: 'boolean' },
  validate: { type: 'boolean' },
  'access-log': { type: 'string' },
  fastcgi: { type: 'boolean' },
  scgi: { type: 'boolean' },
  uwsgi: { type: 'boolean' },
  cgi: { type: 'boolean' },
  tls: { type: 'boolean' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'script-name': { type: 'string' },
  'trust-proxy': { type: 'string' },
  'drain-delay': { type: 'string' },
  'drain-time': { type: 'string' },
  pid: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

type RunProtocol = (typeof protocols)[number];

const protocols = ['http', 'fastcgi', 'scgi', 'uwsgi', 'cgi'] as const;

/** The options of `run`, read. */
export interface RunSettings {
  readonly module: string;
  readonly address: string;
  readonly protocol: RunProtocol;
  readonly processes: number;
  readonly reload: boolean;
  readonly validate: boolean;
  readonly accessLog: AccessLogFormat | undefined;
  readonly tls: TlsServerOptions | undefined;
  readonly scriptName: string;
  readonly trustProxy: TrustProxyOptions | undefined;
  readonly drainDelayMs: number;
  readonly drainMs: number;
  readonly pidFile: string | undefined;
}

/** @throws UsageError */
export async function runSettings(given: Arguments): Promise<RunSettings> {
  const module = onlyOne(given.positionals, 'module');
  if (module === undefined) throw new UsageError('a module is expected');
  const processes = numberOf(given, 'processes', 0) ?? 1;
  if (!Number.isInteger(processes))
    throw new UsageError(`--processes is ${String(processes)}, which is no whole number`);
  const protocol = protocolOf(given);
  const isHttp = protocol === 'http';
  for (const name of ['tls', 'cert', 'key', 'trust-proxy', 'access-log'] as const) {
    if (!isHttp && given.values[name] !== undefined)
      throw new UsageError(`--${name} is for HTTP, not for --${protocol}`);
  }
  return {
    module,
    address: addressOf(given),
    protocol,
    processes,
    reload: flagOf(given, 'reload'),
    validate: flagOf(given, 'validate'),
    accessLog:
      !isHttp || textOf(given, 'access-log') === 'off' ? undefined : logFormatOf(given, 'access-log'),
    tls: await tlsOf(given),
    scriptName: scriptNameOf(given),
    trustProxy: trustOf(given),
    drainDelayMs: secondsOf(given, 'drain-delay', 0),
    drainMs: secondsOf(given, 'drain-time', 30),
    pidFile: textOf(given, 'pid'),
  };
}

function protocolOf(given: Arguments): RunProtocol {
  const asked = protocols.filter((name) => flagOf(given, name));
  if (asked.length > 1) throw new UsageError(`${asked.map((name) => `--${name}`).join(' and ')} are two`);
  return asked[0] ?? 'http';
}

function scriptNameOf(given: Arguments): string {
  const path = textOf(given, 'script-name') ?? '';
  if (path !== '' && !/^(?:\/[^/]+)+$/.test(path))
    throw new UsageError(`--script-name is ${JSON.stringify(path)}, expected /path`);
  return path;
}

function trustOf(given: Arguments): TrustProxyOptions | undefined {
  const text = textOf(given, 'trust-proxy');
  if (text === undefined) return undefined;
  return {
    from: text
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  };
}

function secondsOf(given: Arguments, name: string, standard: number): number {
  return (numberOf(given, name, 0, 86_400) ?? standard) * 1000;
}
