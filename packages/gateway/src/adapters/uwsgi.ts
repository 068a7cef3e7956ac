import { SocketError, type AddressLike, type RunningServer, type StreamReader } from '@wirestack/socket';
import type { Application } from '../application.ts';
import { FrontServerError } from '../errors.ts';
import { serveRequests, type FrontServerOptions, type HeadSettings } from './single-requests.ts';
import { addVariable } from './variables-environ.ts';

/**
 * Serves an application by uWSGI's own protocol (uwsgi-docs, "The uwsgi Protocol"): behind nginx's `uwsgi_pass` or Apache's `mod_proxy_uwsgi`. One request a
 * connection, of the kind with modifier 0, a request with variables. Whoever can connect can claim to be any client: listen on a Unix socket, or where only the
 * front server comes.
 *
 * @throws SocketError as `serve`
 */
export function serveUwsgi(
  address: AddressLike,
  app: Application,
  options: FrontServerOptions = {},
): Promise<RunningServer> {
  // As uWSGI itself answers: nginx would pass a `Status` on to the client.
  return serveRequests(address, app, options, {
    protocol: 'uwsgi',
    statusPrefix: 'HTTP/1.0',
    read: readVariables,
  });
}

/**
 * ```
 *  00 1a 00 00   0e 00 52 45 51 …   03 00 47 45 54
 *  │  └size┘ │   └───┴ name         └───┴ value: each behind its length, little-endian
 *  └modifiers┘
 * ```
 */
async function readVariables(
  reader: StreamReader,
  { headTimeoutMs, maxHeadBytes }: HeadSettings,
): Promise<ReadonlyMap<string, string> | undefined> {
  const deadline = { timeoutMs: headTimeoutMs };
  const head: Uint8Array | undefined = await reader.readExactly(4, deadline).catch((error: unknown) => {
    if (error instanceof SocketError && error.code === 'TRUNCATED') return undefined;
    throw error;
  });
  if (head === undefined) return undefined;
  const [modifier = 0, low = 0, high = 0] = head;
  if (modifier !== 0) notUwsgi(`a request of kind ${String(modifier)}, expected 0`);
  const size = low | (high << 8);
  if (size > maxHeadBytes) notUwsgi(`variables of more than ${String(maxHeadBytes)} bytes`);
  const bytes = Buffer.from(await reader.readExactly(size, deadline));
  const variables = new Map<string, string>();
  let at = 0;
  const text = (): string => {
    const start = at + 2;
    const length = start > bytes.length ? notUwsgi('a length that ends early') : bytes.readUInt16LE(at);
    at = start + length;
    return at > bytes.length ? notUwsgi('a variable that ends early') : bytes.toString('latin1', start, at);
  };
  while (at < bytes.length) {
    const name = text();
    if (name === '' || !addVariable(variables, name, text())) notUwsgi('a variable without a name, or twice');
  }
  const length = variables.get('CONTENT_LENGTH') ?? '';
  if (!/^\d{0,15}$/.test(length)) notUwsgi('a CONTENT_LENGTH that is none');
  return variables;
}

function notUwsgi(message: string): never {
  throw new FrontServerError('uwsgi', message);
}
