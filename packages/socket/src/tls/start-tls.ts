import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ByteStream } from '../byte-stream.ts';
import type { Deadline } from '../deadline.ts';
import { formatAddress } from '../address.ts';
import { SocketError, SocketUsageError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import type { SocketStream } from '../socket-stream.ts';
import { toDuplex } from '../streams/duplex.ts';
import { KernelStream } from '../streams/kernel-stream.ts';
import { secureClient } from './client-handshake.ts';
import type { TlsClientOptions, TlsServerOptions } from './options.ts';
import { secured } from './secured.ts';
import { TlsTerminator } from './server-handshake.ts';

export interface StartTlsOptions extends Deadline {
  /** The side that connects: its settings. One of `client` and `server` is given. */
  readonly client?: TlsClientOptions | undefined;
  /** The side that is connected to. A server makes one `TlsTerminator` and gives that each time: options load the certificate anew. */
  readonly server?: TlsServerOptions | TlsTerminator | undefined;
  /** Sent in clear right before the handshake, after the check that nothing waits: SMTP's `220 Ready to start TLS\r\n`. */
  readonly announce?: string | Uint8Array | undefined;
}

/**
 * Turns a connection in clear into one over TLS, on either side: STARTTLS of SMTP, IMAP, FTP, LDAP and XMPP. The stream given is closed
 * from then on; what comes back takes its place. Any `ByteStream` will do, another TLS one included; over one that is no socket of the kernel
 * node's TLS passes no back-pressure on, so bound what you send.
 *
 * Bytes that arrived and were not read are refused: they were sent in clear, by whoever stands in between, and would be taken for
 * secured ones (CVE-2011-0411). What a reader of yours holds is yours to refuse: `reader.release()` gives it back to the stream first.
 *
 * @throws SocketUsageError `BAD_ARGUMENT`; SocketError `TLS`, `RESET`, `TIMED_OUT`, `ABORTED`, `CLOSED`; the connection is aborted then.
 */
export async function startTls(stream: ByteStream, options: StartTlsOptions): Promise<SocketStream> {
  const { client, server, announce } = options;
  if ((client === undefined) === (server === undefined)) {
    throw new SocketUsageError('BAD_ARGUMENT', 'startTls takes one of client and server');
  }
  const terminator =
    server === undefined || server instanceof TlsTerminator ? server : new TlsTerminator(server);
  refuseUnread(stream);
  if (announce !== undefined) void stream.write(announce);
  const { localAddress: local, remoteAddress: remote } = stream;
  const secure = (carrier: Duplex): Promise<TLSSocket> => {
    if (terminator !== undefined) return terminator.accept(carrier, options);
    const host = 'host' in remote ? remote.host : undefined;
    return secureClient(carrier, host, client ?? {}, options, formatAddress(remote));
  };
  const mustSeeEnd = (terminator ?? client)?.requireCloseNotify === true;
  if (stream instanceof KernelStream && !mustSeeEnd) {
    const carrier = stream.release();
    const socket = await secure(carrier);
    return secured(socket, { local, remote, carrier, proxy: stream.proxy }, options);
  }
  const proxy = stream instanceof KernelStream ? stream.proxy : undefined;
  const socket = await secure(toDuplex(stream));
  const reset = (): void => {
    stream.abort();
    socket.destroy();
  };
  return secured(socket, { local, remote, reset, proxy }, options);
}

function refuseUnread(stream: ByteStream): void {
  const isUnread =
    stream instanceof KernelStream ? stream.unreadBytes > 0 : isPollable(stream) && stream.isReadable;
  if (!isUnread) return;
  const error = new SocketError('TLS', 'bytes arrived in clear before the handshake: they are refused', {
    address: formatAddress(stream.remoteAddress),
  });
  stream.abort(error);
  throw error;
}

function isPollable(stream: ByteStream): stream is ByteStream & Pollable {
  return 'isReadable' in stream;
}
