import { connect as netConnect } from 'node:net';
import { formatAddress, parseAddress, type AddressLike } from './address.ts';
import type { ByteStream } from './byte-stream.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from './deadline.ts';
import { toSocketError } from './errors.ts';
import { NodeStream } from './streams/node-stream.ts';

export interface ConnectOptions extends Deadline {
  /** Switches Nagle's algorithm off. Default true: protocols here write whole messages. */
  readonly noDelay?: boolean;
  /** The local address to connect from. Default: the kernel's choice. */
  readonly localHost?: string;
  /**
   * Turns a name into addresses, in the shape of node's `dns.lookup`: asked with `all`, it answers with a list, whose addresses are
   * raced. It is not asked about IP addresses and Unix paths. A deadline that passes ends the wait, not the lookup. Default: the
   * operating system, which takes a thread of libuv's pool for each name.
   */
  readonly lookup?: LookupFunction;
}

/** Node's `dns.lookup` as far as {@link connect} uses it. It calls back once, never before it returns. */
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

/**
 * Opens a connection over TCP (a name's addresses are raced, RFC 8305) or to a Unix path.
 *
 * @throws SocketError `REFUSED`, `NOT_FOUND`, `TIMED_OUT`, `ABORTED`, `UNREACHABLE`, `PERMISSION`; SocketUsageError `BAD_ADDRESS`.
 */
export async function connect(address: AddressLike, options: ConnectOptions = {}): Promise<ByteStream> {
  const endpoint = parseAddress(address);
  const early = expiredAlready(options);
  if (early !== undefined) throw early;
  const { noDelay = true, localHost, lookup } = options;
  const socket =
    endpoint.kind === 'unix'
      ? netConnect({ path: endpoint.path, allowHalfOpen: true })
      : netConnect({
          host: endpoint.host === '' ? 'localhost' : endpoint.host,
          port: endpoint.port,
          allowHalfOpen: true,
          autoSelectFamily: true,
          noDelay,
          ...(localHost === undefined ? {} : { localAddress: localHost }),
          ...(lookup === undefined ? {} : { lookup }),
        });
  await new Promise<void>((resolve, reject) => {
    const deadline = limitOf(options);
    const disarm =
      deadline &&
      armDeadline(deadline, (error) => {
        socket.destroy();
        reject(error);
      });
    socket.once('connect', () => {
      disarm?.();
      socket.removeListener('error', onError);
      resolve();
    });
    const onError = (error: Error): void => {
      disarm?.();
      reject(toSocketError(error, formatAddress(endpoint)));
    };
    socket.on('error', onError);
  });
  return new NodeStream(
    socket,
    endpoint.kind === 'unix'
      ? { local: { family: 'unix', path: '' }, remote: { family: 'unix', path: endpoint.path } }
      : {},
  );
}
