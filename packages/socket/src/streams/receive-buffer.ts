import type { OnReadOpts } from 'node:net';

/**
 * One read of libuv. Four times as much takes a fifth off the CPU of who borrows, and makes owners' copies twice as dear.
 */
const receiveBytes = 65_536;

/** Bun and Deno have `net.connect`, and not this option of it in the form that node documents. */
const isOffered = !('bun' in process.versions || 'deno' in process.versions);

/**
 * Where the bytes of all outgoing connections arrive: node fills it and calls at once, so one is enough, and an idle connection has none.
 * Without it node allocates 64 KiB for each read, which is half of what reading in bulk costs.
 */
let shared: Uint8Array | undefined;

/** What `net.connect` takes as `onread`, and the way from there to the stream that is made of the socket later. */
export class ReceiveBuffer {
  /** Gets what arrived; it is valid during the call only. */
  deliver: ((borrowed: Uint8Array) => void) | undefined;

  /** `undefined` where the runtime does not offer it: the socket then has `data` events. */
  static forConnect(): ReceiveBuffer | undefined {
    return isOffered ? new ReceiveBuffer() : undefined;
  }

  /** Options for `net.connect`. */
  get onread(): OnReadOpts {
    return {
      buffer: (shared ??= new Uint8Array(receiveBytes)),
      callback: (length, buffer) => {
        this.deliver?.(buffer.subarray(0, length));
        return true;
      },
    };
  }
}
