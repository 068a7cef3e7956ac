import { readFile } from 'node:fs/promises';
import { accessLog, type AccessLogFormat, type ServerObserver } from '@wirestack/http';
import type { TlsServerOptions } from '@wirestack/socket';
import { flagOf, numberOf, textOf, UsageError, type Arguments } from './command-line.ts';
import type { Context } from './context.ts';
import { selfSigned } from './self-signed.ts';

const defaultPort = 8000;

/** What `--bind` and `--port` say together; a port may stand in `--bind`, too. @throws UsageError */
export function addressOf(given: Arguments): string {
  const bind = textOf(given, 'bind') ?? '127.0.0.1';
  const port = numberOf(given, 'port', 0, 65_535);
  if (port !== undefined && !Number.isInteger(port))
    throw new UsageError(`--port is ${String(port)}, which is no whole number`);
  if (/^unix:|\//.test(bind)) return bind.startsWith('unix:') ? bind : `unix:${bind}`;
  if (/^fd:\d+$/.test(bind)) return bind;
  if (hasPort.test(bind)) {
    if (port !== undefined) throw new UsageError('--port, and a port in --bind, are two');
    return bind;
  }
  const host = bind.includes(':') && !bind.startsWith('[') ? `[${bind}]` : bind;
  return `${host}:${String(port ?? defaultPort)}`;
}

/** `[::1]:80`, `localhost:80`, `:80`; an IPv6 address without brackets has none. */
const hasPort = /^(?:\[.*\]|[^:]*):\d+$/;

/** @throws UsageError */
export async function tlsOf(given: Arguments): Promise<TlsServerOptions | undefined> {
  const [cert, key] = [textOf(given, 'cert'), textOf(given, 'key')];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  if (cert !== undefined && key !== undefined)
    return { cert: await readFile(cert), key: await readFile(key) };
  if (!flagOf(given, 'tls')) return undefined;
  return selfSigned((textOf(given, 'bind') ?? '127.0.0.1').replace(/:\d+$/, ''));
}

/** What the option of this name says of the access log. @throws UsageError */
export function logFormatOf(given: Arguments, option: string): AccessLogFormat {
  const format = textOf(given, option) ?? 'common';
  if (format === 'common' || format === 'combined' || format === 'json') return format;
  throw new UsageError(
    `--${option} is ${JSON.stringify(format)}, expected common, combined${option === 'log' ? ' or json' : ', json or off'}`,
  );
}

/** The access log on standard output. */
export function observed(format: AccessLogFormat, { stdout }: Pick<Context, 'stdout'>): ServerObserver {
  return accessLog({ format, write: (lines) => void stdout.write(lines) });
}
