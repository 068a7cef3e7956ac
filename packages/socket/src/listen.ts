import type { Address } from './address.ts';
import type { Deadline } from './deadline.ts';
import { AcceptQueue } from './listening/accept-queue.ts';
import type { ListenAddress } from './listening/bind-server.ts';
import { openPort, type ListenOptions } from './listening/port.ts';
import type { Pollable } from './pollable.ts';
import type { SocketStream } from './socket-stream.ts';

/** A listening socket: `for await (const stream of listener)`, or `accept()`. */
export interface Listener extends AsyncIterable<SocketStream>, Pollable, AsyncDisposable {
  readonly address: Address;
  /** Connections that came to nothing: turned away by a limit, refused in their handshake, or reset before they were accepted. */
  readonly dropped: number;
  /** The next connection. Rejects with `SocketError` `CLOSED` once the listener is closed. One outstanding accept at a time. */
  accept(options?: Deadline): Promise<SocketStream>;
  /** Stops accepting. Streams already accepted live on; those nobody accepted are aborted. */
  close(): Promise<void>;
  /** Stops accepting, waits until every stream has closed, and aborts those left when the deadline passes. */
  drain(options?: Deadline): Promise<void>;
}

/**
 * Listens on TCP or on a Unix path, in clear or over TLS. The loop over a listener takes one connection at a time: start the work on each
 * without awaiting it, or use `serve`, else clients are served one after the other.
 *
 * @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`, `UNSUPPORTED`; SocketUsageError `BAD_ADDRESS`, `BAD_ARGUMENT`.
 */
export async function listen(address: ListenAddress, options: ListenOptions = {}): Promise<Listener> {
  const queue = new AcceptQueue();
  queue.port = await openPort(address, options, (stream) => {
    queue.push(stream);
  });
  return queue;
}
