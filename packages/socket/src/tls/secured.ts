import type { TLSSocket } from 'node:tls';
import { withDeadline, type Deadline } from '../deadline.ts';
import { SocketError } from '../errors.ts';
import { KernelStream, type KernelStreamOptions } from '../streams/kernel-stream.ts';
import { handshakeError } from './handshake-error.ts';
import { infoOf } from './info.ts';

/** What leaves with a handshake is a few kilobytes: who does not take them by then is gone. */
const lastBytesMs = 10_000;

/** Bun and Deno have a TLS of their own; to an empty write Deno gives no answer. */
const isNode = !('bun' in process.versions || 'deno' in process.versions);

/**
 * The stream over a connection whose handshake has just ended, once its last bytes have left: what is written in the very turn in which a
 * handshake ends, node 20 reports as sent before it is, and a `close()` would lose it. And where those bytes cannot leave, because the
 * peer is gone already, node tells nobody: every later write would wait for ever, and hold its descriptor (nodejs/node#55804).
 *
 * @throws SocketError `TLS`, `RESET`, `TIMED_OUT`, `ABORTED`; the connection is destroyed then.
 */
export async function secured(
  socket: TLSSocket,
  options: KernelStreamOptions,
  deadline: Deadline = {},
): Promise<KernelStream> {
  const stream = new KernelStream(socket, { ...options, tls: infoOf(socket) });
  // A fatal alert, or bytes that are none of TLS: node tells of them and leaves the connection open, where the peer's FIN then looks like an
  // end in order (RFC 8446, section 6.2: it must be closed).
  socket.on('error', (error: Error) => socket.destroy(error));
  const timeoutMs = Math.min(deadline.timeoutMs ?? Infinity, lastBytesMs);
  try {
    await withDeadline(lastBytes(socket), { signal: deadline.signal, timeoutMs }, () => undefined);
    return stream;
  } catch (error) {
    stream.abort(error);
    throw error;
  }
}

async function lastBytes(socket: TLSSocket): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  if (!isNode) return;
  if (socket.destroyed || wasReset(socket)) throw faultOf(socket);
  await new Promise<void>((resolve, reject) => {
    const onClose = (): void => {
      reject(faultOf(socket));
    };
    socket.once('close', onClose);
    // An empty write leaves behind what is still to be sent, or not at all.
    socket.write('', (error) => {
      socket.off('close', onClose);
      if (error == null) resolve();
      else onClose();
    });
  });
}

/** Asked for the first time, these are answered by the kernel: a TCP connection that was reset has an address, and no peer. */
function wasReset({ localAddress, remoteAddress }: TLSSocket): boolean {
  return localAddress !== undefined && remoteAddress === undefined;
}

function faultOf({ errored }: TLSSocket): SocketError {
  if (errored !== null) return handshakeError(errored);
  return new SocketError('RESET', 'the peer dropped the connection as the TLS handshake ended');
}
