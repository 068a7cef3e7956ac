import { chmodSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect as netConnect, type ListenOptions as NodeListenOptions, type Server } from 'node:net';
import {
  formatAddress,
  inetAddress,
  parseAddress,
  type Address,
  type AddressLike,
  type Endpoint,
} from '../address.ts';
import { SocketError, SocketUsageError, toSocketError } from '../errors.ts';
import { requireReusePort } from '../reuse-port.ts';

/** Where a listener may be: an address, or a socket that is open already, as a number or as `fd:3`. */
export type ListenAddress = AddressLike | { readonly fd: number };

/** How the address itself is taken. */
export interface BindServerOptions {
  /** Connections the kernel holds before they are accepted. Default 511, as nginx, Redis and node have it. */
  readonly backlog?: number;
  /** Permission bits of a Unix path, set right after it is bound. Default: what the umask leaves. */
  readonly mode?: number;
  /**
   * Several processes listen at one port, and the kernel spreads connections over them (SO_REUSEPORT). Default false. Node has it from
   * 22.12; elsewhere this is `UNSUPPORTED`, never ignored.
   */
  readonly reusePort?: boolean;
  /** An IPv6 address takes no IPv4 connections. Default false: `[::]` and a port alone are dual-stack. */
  readonly ipv6Only?: boolean;
}

type Place = Endpoint | { readonly kind: 'fd'; readonly fd: number };

/** Reads a {@link ListenAddress}. @throws SocketUsageError `BAD_ADDRESS` */
export function placeOf(address: ListenAddress): Place {
  if (typeof address === 'object' && 'fd' in address) return descriptor(address.fd);
  const text = typeof address === 'string' ? /^fd:(\d{1,6})$/.exec(address) : null;
  return text === null ? parseAddress(address, ['tcp', 'tls', 'unix']) : descriptor(Number(text[1]));
}

/** Binds and listens; answers where. What fails leaves nothing behind. */
export async function bindServer(server: Server, place: Place, options: BindServerOptions): Promise<Address> {
  const { mode, reusePort = false } = options;
  if (mode !== undefined && !(mode >= 0 && mode <= 0o7777)) {
    throw new SocketUsageError('BAD_ARGUMENT', `mode is ${String(mode)}, expected permission bits`);
  }
  if (reusePort) {
    if (place.kind !== 'inet') throw new SocketUsageError('BAD_ARGUMENT', 'reusePort is for TCP ports');
    requireReusePort(formatAddress(place), 'tcp');
  }
  const text = place.kind === 'fd' ? `fd:${String(place.fd)}` : formatAddress(place);
  try {
    await bindOnce(server, place, options);
  } catch (error) {
    const typed = toSocketError(error, text);
    if (typed.code !== 'IN_USE' || place.kind !== 'unix' || !(await removeIfStale(place.path))) throw typed;
    await bindOnce(server, place, options).catch((again: unknown) => {
      throw toSocketError(again, text);
    });
  }
  if (place.kind === 'unix' && mode !== undefined) {
    try {
      // Not a turn later: nobody handles a connection yet that comes meanwhile.
      chmodSync(place.path, mode);
    } catch (error) {
      server.close();
      throw toSocketError(error, text);
    }
  }
  return boundAddress(server);
}

function bindOnce(server: Server, place: Place, options: BindServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(nodeOptions(place, options), () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function nodeOptions(
  place: Place,
  options: BindServerOptions,
): NodeListenOptions & { fd?: number; reusePort?: boolean } {
  const { backlog = 511, ipv6Only = false, reusePort = false } = options;
  if (place.kind === 'fd') return { fd: place.fd, backlog };
  if (place.kind === 'unix') return { path: place.path, backlog };
  return {
    ...(place.host === '' ? {} : { host: place.host }),
    port: place.port,
    backlog,
    ipv6Only,
    ...(reusePort ? { reusePort } : {}),
  };
}

/** Removes a path left by a process that died: only a socket, and only one where a connection is refused. */
async function removeIfStale(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return false;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = netConnect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });
  if (refused) await unlink(path);
  return refused;
}

function boundAddress(server: Server): Address {
  const bound = server.address();
  if (typeof bound === 'string') return { family: 'unix', path: bound };
  if (bound !== null) return inetAddress(bound.family, bound.address, bound.port);
  server.close();
  throw new SocketError('OTHER', 'the server has no address');
}

function descriptor(fd: number): Place {
  if (Number.isInteger(fd) && fd >= 0) return { kind: 'fd', fd };
  throw new SocketUsageError('BAD_ADDRESS', `fd is ${String(fd)}, expected the number of an open socket`);
}
