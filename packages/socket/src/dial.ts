import { lookup as dnsLookup } from 'node:dns';
import { connect as netConnect, isIP, type ConnectOpts, type Socket } from 'node:net';
import { formatAddress, type Endpoint } from './address.ts';
import { SocketError, SocketUsageError, toSocketError } from './errors.ts';
import { interleave, race } from './race.ts';
import type { ReceiveBuffer } from './streams/receive-buffer.ts';

export interface DialOptions {
  /** Switches Nagle's algorithm off. Default true: protocols here write whole messages. */
  readonly noDelay?: boolean;
  /** Asks a silent peer after so many milliseconds whether it lives: see `SocketStream.setKeepAlive`. Default: never. */
  readonly keepAliveMs?: number;
  /** The local IP address to connect from. Default: the kernel's choice. */
  readonly localHost?: string;
  /** The local port to connect from. Default 0: the kernel's choice. */
  readonly localPort?: number;
  /** Only addresses of this family. Default: both. */
  readonly family?: 'ipv4' | 'ipv6';
  /**
   * Of a name with several addresses: how long one attempt has for itself before the next begins beside it. Default 250, as RFC 8305,
   * section 5 recommends; from 10 on.
   */
  readonly staggerMs?: number;
  /**
   * Turns a name into addresses, in the shape of node's `dns.lookup`: asked with `all`, it answers with a list, whose addresses are
   * raced. It is not asked about IP addresses and Unix paths. A deadline that passes ends the wait, not the lookup. Default: the
   * operating system, which takes a thread of libuv's pool for each name.
   */
  readonly lookup?: LookupFunction;
}

/** Node's `dns.lookup` as far as `connect` uses it. It calls back once, never before it returns. */
export type LookupFunction = (
  hostname: string,
  options: {
    readonly all?: boolean | undefined;
    readonly family?: number | 'IPv4' | 'IPv6' | undefined;
    readonly hints?: number | undefined;
  },
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void;

type InetEndpoint = Endpoint & { readonly kind: 'inet' };
type UnixEndpoint = Endpoint & { readonly kind: 'unix' };

/** The host to connect to: this machine where the address leaves it out. */
export function hostOf({ host }: InetEndpoint): string {
  return host === '' ? 'localhost' : host;
}

/** A connected socket. */
export interface Dialled {
  readonly socket: Socket;
  /** Where its bytes arrive; without one it has `data` events. */
  readonly received: ReceiveBuffer | undefined;
}

export async function dialPath(
  endpoint: UnixEndpoint,
  received: ReceiveBuffer | undefined,
  signal: AbortSignal,
): Promise<Dialled> {
  const socket = netConnect({ path: endpoint.path, allowHalfOpen: true, ...onreadOf(received) });
  await opened(socket, formatAddress(endpoint), signal);
  return { socket, received };
}

/** Finds the addresses of a host and races them. */
export async function dial(
  endpoint: InetEndpoint,
  options: DialOptions & { readonly onStep?: (step: 'resolved') => void },
  makeBuffer: () => ReceiveBuffer | undefined,
  signal: AbortSignal,
): Promise<Dialled> {
  const { staggerMs = 250, noDelay = true, keepAliveMs, localHost, localPort } = options;
  if (!(staggerMs >= 10)) {
    throw new SocketUsageError('BAD_ARGUMENT', `staggerMs is ${String(staggerMs)}, expected 10 or more`);
  }
  const attempt = async (
    host: string,
    cut: AbortSignal,
    name = formatAddress({ ...endpoint, host }),
  ): Promise<Dialled> => {
    const received = makeBuffer();
    const socket = netConnect({
      host,
      port: endpoint.port,
      allowHalfOpen: true,
      noDelay,
      ...(keepAliveMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveMs }),
      ...(localHost === undefined ? {} : { localAddress: localHost }),
      ...(localPort === undefined ? {} : { localPort }),
      ...onreadOf(received),
    });
    await opened(socket, name, cut);
    return { socket, received };
  };
  const addresses = await addressesOf(endpoint, options);
  if (isIP(hostOf(endpoint)) === 0) options.onStep?.('resolved');
  if (signal.aborted) throw toSocketError(signal.reason);
  const [only] = addresses;
  if (addresses.length === 1 && only !== undefined) return attempt(only, signal, formatAddress(endpoint));
  try {
    return await race(addresses, (host, cut) => attempt(host, cut), {
      staggerMs,
      signal,
      discard: ({ socket }) => socket.destroy(),
    });
  } catch (error) {
    throw error instanceof AggregateError ? allFailed(error, formatAddress(endpoint)) : error;
  }
}

/** The addresses of a host, in the order to try them. */
async function addressesOf(endpoint: InetEndpoint, options: DialOptions): Promise<string[]> {
  const host = hostOf(endpoint);
  if (isIP(host) !== 0) return [host];
  const { family } = options;
  const lookup: LookupFunction = options.lookup ?? dnsLookup;
  const found = await new Promise<{ address: string; family: number }[]>((resolve, reject) => {
    lookup(
      host,
      { all: true, ...(family === undefined ? {} : { family: family === 'ipv6' ? 6 : 4 }) },
      (error, addresses, only = 0) => {
        if (error !== null) reject(toSocketError(error, formatAddress(endpoint)));
        else resolve(typeof addresses === 'string' ? [{ address: addresses, family: only }] : addresses);
      },
    );
  });
  if (found.length > 0) return interleave(found).map(({ address }) => address);
  throw new SocketError('NOT_FOUND', `${host} has no address`, { address: formatAddress(endpoint) });
}

function onreadOf(received: ReceiveBuffer | undefined): Pick<ConnectOpts, 'onread'> {
  return received === undefined ? {} : { onread: received.onread };
}

/** Until it is connected; destroyed where it fails, or is not wanted any more. */
function opened(socket: Socket, address: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('error', onError);
      signal.removeEventListener('abort', onAbort);
    };
    const onError = (error: Error): void => {
      settle();
      reject(toSocketError(error, address));
    };
    const onAbort = (): void => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(toSocketError(signal.reason, address));
    };
    socket.once('connect', () => {
      settle();
      resolve();
    });
    socket.on('error', onError);
    signal.addEventListener('abort', onAbort);
  });
}

/** A network that is not there says little where another address was reached, and refused. */
function allFailed(all: AggregateError, address: string): SocketError {
  const errors = all.errors.map((error) => toSocketError(error));
  const telling = errors.find(({ code }) => code !== 'UNREACHABLE' && code !== 'UNAVAILABLE') ?? errors[0];
  const each = errors.map(({ message }) => message).join('; ');
  return new SocketError(telling?.code ?? 'OTHER', `no address could be reached: ${each}`, {
    cause: all,
    address,
  });
}
