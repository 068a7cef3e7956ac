import type { Address } from '../address.ts';
import type { ByteStream } from '../byte-stream.ts';
import { SocketUsageError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import { LinkedStream } from './linked-stream.ts';

export interface SocketPairOptions {
  /**
   * A direction holding this many unread bytes exerts back-pressure. Default 65,536: what one read of a TCP socket
   * brings here, so that tests over the pair meet back-pressure about where TCP does.
   */
  readonly highWaterBytes?: number;
}

let pairs = 0;

/**
 * Two connected streams in memory, as `socket.socketpair()` (seed 004): what is written to one is read from the other, with
 * half-close, back-pressure and abort as a real connection has them. Each arrival is a turn of the microtask queue later.
 */
export function socketPair(options: SocketPairOptions = {}): [ByteStream & Pollable, ByteStream & Pollable] {
  const { highWaterBytes = 65_536 } = options;
  if (!(highWaterBytes > 0)) {
    throw new SocketUsageError(
      'BAD_ARGUMENT',
      `highWaterBytes is ${String(highWaterBytes)}, expected more than 0`,
    );
  }
  const id = String(++pairs);
  const local: Address = { family: 'memory', name: `pair-${id}a` };
  const remote: Address = { family: 'memory', name: `pair-${id}b` };
  const a = new LinkedStream({ local, remote, highWaterBytes, lowWaterBytes: 0 });
  const b = new LinkedStream({ local: remote, remote: local, highWaterBytes, lowWaterBytes: 0 });
  a.join(b.incoming);
  b.join(a.incoming);
  return [a, b];
}
