import { SocketError, type AddressLike, type RunningServer, type StreamReader } from '@wirestack/socket';
import type { Application } from '../application.ts';
import { FrontServerError } from '../errors.ts';
import { serveRequests, type FrontServerOptions, type HeadSettings } from './single-requests.ts';
import { addVariable } from './variables-environ.ts';

/**
 * Serves an application by SCGI (python.ca/scgi/protocol.txt, "Simple Common Gateway Interface"): behind nginx's `scgi_pass`, Apache's `mod_proxy_scgi` or lighttpd. One
 * request a connection. Whoever can connect can claim to be any client: listen on a Unix socket, or where only the front server comes.
 *
 * @throws SocketError as `serve`
 */
export function serveScgi(
  address: AddressLike,
  app: Application,
  options: FrontServerOptions = {},
): Promise<RunningServer> {
  return serveRequests(address, app, options, {
    protocol: 'SCGI',
    statusPrefix: 'Status:',
    read: readVariables,
  });
}

/** A netstring of names and values, each ended by NUL: `70:CONTENT_LENGTH\0…`. `undefined` where nothing comes: a check of whether somebody is here. */
async function readVariables(
  reader: StreamReader,
  { headTimeoutMs, maxHeadBytes }: HeadSettings,
): Promise<Map<string, string> | undefined> {
  const deadline = { timeoutMs: headTimeoutMs };
  const digits: Uint8Array | undefined = await reader
    .readUntil(':', { ...deadline, maxBytes: maxDigits + 1 })
    .catch((error: unknown) => {
      if (error instanceof SocketError && error.code === 'TRUNCATED') return undefined;
      if (error instanceof SocketError && error.code === 'TOO_LONG') return notScgi('no length');
      throw error;
    });
  if (digits === undefined) return undefined;
  const text = Buffer.from(digits).toString('latin1').replace(/:$/, '');
  if (!/^(?:0|[1-9]\d*)$/.test(text)) return notScgi('no length');
  const length = Number(text);
  if (length > maxHeadBytes) return notScgi(`variables of more than ${String(maxHeadBytes)} bytes`);
  const bytes = await reader.readExactly(length + 1, deadline);
  if (bytes[length] !== COMMA || (length > 0 && bytes[length - 1] !== 0))
    return notScgi('no netstring of pairs');
  const parts = Buffer.from(bytes.subarray(0, Math.max(0, length - 1)))
    .toString('latin1')
    .split('\0');
  const variables = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const name = parts[at] as string;
    if (name === '' || !addVariable(variables, name, parts[at + 1] as string))
      return notScgi('a variable without a name, or twice');
  }
  const isScgi = parts.length % 2 === 0 && parts[0] === 'CONTENT_LENGTH' && variables.get('SCGI') === '1';
  if (!isScgi || !/^\d{1,15}$/.test(variables.get('CONTENT_LENGTH') ?? ''))
    return notScgi('CONTENT_LENGTH comes first, and SCGI is 1');
  return variables;
}

const maxDigits = 9;
const COMMA = 0x2c;

function notScgi(message: string): never {
  throw new FrontServerError('SCGI', message);
}
