import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { withDeadline, type Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import { AnnouncedEnd } from './close-notify.ts';
import type { TlsClientOptions } from './options.ts';
import { handshakeError } from './handshake-error.ts';

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
  const {
    alpn,
    servername = host,
    session,
    checkServerIdentity,
    requireCloseNotify = false,
    ...rest
  } = options;
  const ending = requireCloseNotify ? new AnnouncedEnd(carrier) : undefined;
  // What goes wrong below is told above, too; without a listener of its own it would end the process.
  carrier.on('error', () => undefined);
  const socket = open(carrier, () =>
    tlsConnect({
      ...rest,
      socket: ending?.carrier ?? carrier,
      // `host` is what the certificate is checked against where no name is sent: SNI knows no IP addresses (RFC 6066, section 3).
      ...(servername === undefined ? {} : { host: servername }),
      ...(servername === undefined || isIP(servername) !== 0 ? {} : { servername }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
      ...(session === undefined ? {} : { session: Buffer.from(session) }),
      ...(checkServerIdentity === undefined ? {} : { checkServerIdentity: judging(checkServerIdentity) }),
    }),
  );
  ending?.require(socket);
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

/** What it throws at a certificate of the peer's making is the handshake's failure, and not the process's. */
function judging(judge: NonNullable<TlsClientOptions['checkServerIdentity']>): typeof judge {
  return (host, certificate) => {
    try {
      return judge(host, certificate);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
}

function open(carrier: Duplex, connect: () => TLSSocket): TLSSocket {
  try {
    return connect();
  } catch (error) {
    carrier.destroy();
    throw new SocketUsageError('BAD_ARGUMENT', `tls: ${(error as Error).message}`);
  }
}
