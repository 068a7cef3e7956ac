import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { withDeadline, type Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import type { TlsClientOptions } from './options.ts';
import { handshakeError } from './server-handshake.ts';

/**
 * Runs the client's half of a handshake over a connection that is open. `host` is where it leads, as text.
 *
 * @throws SocketError `TLS`, `RESET`, `TIMED_OUT`, `ABORTED`; the connection is destroyed then.
 */
export async function secureClient(
  carrier: Duplex,
  host: string | undefined,
  options: TlsClientOptions,
  deadline: Deadline,
  address?: string,
): Promise<TLSSocket> {
  const { alpn, servername = host, session, checkServerIdentity, ...rest } = options;
  // What goes wrong below is told above, too; without a listener of its own it would end the process.
  carrier.on('error', () => undefined);
  const socket = open(carrier, () =>
    tlsConnect({
      ...rest,
      socket: carrier,
      // `host` is what the certificate is checked against where no name is sent: SNI knows no IP addresses (RFC 6066, section 3).
      ...(servername === undefined ? {} : { host: servername }),
      ...(servername === undefined || isIP(servername) !== 0 ? {} : { servername }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
      ...(session === undefined ? {} : { session: Buffer.from(session) }),
      ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }),
    }),
  );
  let fail: (error: Error) => void = () => undefined;
  const secured = new Promise<void>((resolve, reject) => {
    fail = (error) => {
      reject(handshakeError(error, address));
    };
    socket.once('secureConnect', resolve);
    socket.once('error', fail);
    socket.once('close', () => {
      fail(Object.assign(new Error('the peer closed the connection'), { code: 'ECONNRESET' }));
    });
  });
  try {
    await withDeadline(secured, deadline, () => undefined);
    socket.off('error', fail);
    return socket;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    carrier.destroy();
    throw error;
  }
}

function open(carrier: Duplex, connect: () => TLSSocket): TLSSocket {
  try {
    return connect();
  } catch (error) {
    carrier.destroy();
    throw new SocketUsageError('BAD_ARGUMENT', `tls: ${(error as Error).message}`);
  }
}
