import { connect as netConnect } from 'node:net';
import { formatAddress, parseAddress, type AddressLike } from './address.ts';
import type { ByteStream } from './byte-stream.ts';
import { armDeadline, expiredAlready, limitOf, type Deadline } from './deadline.ts';
import { toSocketError } from './errors.ts';
import { NodeStream } from './node-stream.ts';

export interface ConnectOptions extends Deadline {
  /** Switches Nagle's algorithm off. Default true: protocols here write whole messages. */
  readonly noDelay?: boolean;
  /** The local address to connect from. Default: the kernel's choice. */
  readonly localHost?: string;
}

/**
 * Opens a connection over TCP (a name's addresses are raced, RFC 8305) or to a Unix path.
 *
 * @throws SocketError `REFUSED`, `NOT_FOUND`, `TIMED_OUT`, `ABORTED`, `UNREACHABLE`, `PERMISSION`; SocketUsageError `BAD_ADDRESS`.
 */
export async function connect(address: AddressLike, options: ConnectOptions = {}): Promise<ByteStream> {
  const endpoint = parseAddress(address);
  const early = expiredAlready(options);
  if (early !== undefined) throw early;
  const { noDelay = true, localHost } = options;
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
