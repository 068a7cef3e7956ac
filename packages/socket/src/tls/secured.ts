import type { TLSSocket } from 'node:tls';
import { KernelStream, type KernelStreamOptions } from '../streams/kernel-stream.ts';
import { infoOf } from './info.ts';

/**
 * The stream over a connection whose handshake has just ended, a turn of the event loop later: what is written in the very turn in
 * which a handshake ends, node 20 reports as sent before it is, and a `close()` would lose it.
 */
export async function secured(socket: TLSSocket, options: KernelStreamOptions): Promise<KernelStream> {
  const stream = new KernelStream(socket, { ...options, tls: infoOf(socket) });
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  return stream;
}
