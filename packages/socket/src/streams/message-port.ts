import { types } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import type { Address } from '../address.ts';
import type { ByteStream } from '../byte-stream.ts';
import { SocketError } from '../errors.ts';
import type { Pollable } from '../pollable.ts';
import { LinkedStream, type Link } from './linked-stream.ts';
import { copied } from './owned-bytes.ts';

export interface PortStreamOptions {
  /**
   * True gives written arrays away: one that views all of its buffer moves to the other thread without a copy, and is empty on this side
   * from then on. Default false, a copy of each: `write` forbids to change what was written, not to write it again.
   */
  readonly transfer?: boolean;
  /** What the stream says of itself, for a connection relayed from elsewhere. Default: the memory address `port`, on both ends. */
  readonly localAddress?: Address | undefined;
  readonly remoteAddress?: Address | undefined;
}

/** Bytes posted and not consumed that are back-pressure: as with a memory pair, what one read of a TCP socket brings. */
const highWaterBytes = 65_536;
/** Half: the writer goes on while the other thread still has something to do. */
const lowWaterBytes = highWaterBytes / 2;
/** Credit goes back in messages of at least so much. What stays behind is below the low-water mark, so that nobody waits for it. */
const creditBytes = highWaterBytes / 4;

const portAddress: Address = { family: 'memory', name: 'port' };

/**
 * A stream between two threads: both ends of a `MessageChannel` call it, and it has the port to itself until it is over; then it closes it.
 * Half-close, back-pressure and abort cross as they do a connection. A port that closes without warning, as it does when the other
 * thread ends, is `SocketError` `RESET`; a message that no `portStream` sends is `OTHER`, and resets the peer.
 *
 * What crosses: bytes as an `ArrayBuffer` that is moved, never copied; a number is so many bytes consumed; `'end'`, `'closed'`, `'reset'`.
 */
export function portStream(port: MessagePort, options: PortStreamOptions = {}): ByteStream & Pollable {
  const { localAddress = portAddress, remoteAddress = portAddress, transfer = false } = options;
  const stream = new LinkedStream({
    local: localAddress,
    remote: remoteAddress,
    highWaterBytes,
    lowWaterBytes,
    own: transfer ? take : copied,
  });
  const link = new PortLink(port);
  stream.join(link);
  const incoming = new Incoming(stream.incoming, link);
  port.on('message', (message: unknown) => {
    if (stream.isOver || incoming.take(message)) return;
    stream.fail(new SocketError('OTHER', 'a message on the port is not one of a portStream'));
  });
  port.on('messageerror', (error) => {
    stream.fail(new SocketError('OTHER', 'a message on the port cannot be read', { cause: error }));
  });
  port.on('close', () => {
    if (!link.isClosed && !incoming.hasClosed) {
      stream.fail(new SocketError('RESET', 'the other end of the port is gone'));
    }
  });
  return stream;
}

/** The outgoing half: calls become messages. */
class PortLink implements Link {
  readonly #port: MessagePort;
  #owed = 0;
  /** Bytes that the other end may still give credit for. */
  unconsumed = 0;
  isClosed = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  data(bytes: Uint8Array): void {
    this.unconsumed += bytes.length;
    // The buffer and not the array, which Deno looks at byte by byte: half a second a megabyte.
    const { buffer } = isWhole(bytes) ? bytes : copied(bytes);
    try {
      this.#port.postMessage(buffer, [buffer]);
    } catch {
      // One that cannot be moved: WebAssembly's memory, say.
      this.#port.postMessage(copied(bytes).buffer);
    }
  }

  consumed(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed >= creditBytes) this.#repay();
  }

  end(): void {
    this.#post('end');
  }

  /** The credit first: who hears `closed` takes what is unconsumed by then for lost. */
  closed(): void {
    this.#repay();
    this.#close('closed');
  }

  reset(): void {
    this.#close('reset');
  }

  #repay(): void {
    if (this.#owed > 0) this.#post(this.#owed);
    this.#owed = 0;
  }

  #close(last: 'closed' | 'reset'): void {
    this.#post(last);
    this.isClosed = true;
    this.#port.close();
  }

  #post(message: number | string): void {
    if (!this.isClosed) this.#port.postMessage(message);
  }
}

/** The incoming half: messages become calls, each only where it may come. */
class Incoming {
  readonly #stream: Link;
  readonly #link: PortLink;
  #ended = false;
  hasClosed = false;

  constructor(stream: Link, link: PortLink) {
    this.#stream = stream;
    this.#link = link;
  }

  /** False for what the other end never sends. */
  take(message: unknown): boolean {
    if (this.hasClosed) return false;
    if (types.isArrayBuffer(message)) return this.#takeData(new Uint8Array(message));
    if (typeof message === 'number') return this.#takeCredit(message);
    switch (message) {
      case 'end':
        if (this.#ended) return false;
        this.#ended = true;
        this.#stream.end();
        return true;
      case 'closed':
        if (!this.#ended) return false;
        this.hasClosed = true;
        this.#stream.closed();
        return true;
      case 'reset':
        this.hasClosed = true;
        this.#stream.reset();
        return true;
      default:
        return false;
    }
  }

  #takeData(bytes: Uint8Array): boolean {
    if (this.#ended || bytes.length === 0) return false;
    this.#stream.data(bytes);
    return true;
  }

  #takeCredit(bytes: number): boolean {
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes > this.#link.unconsumed) return false;
    this.#link.unconsumed -= bytes;
    this.#stream.consumed(bytes);
    return true;
  }
}

function take(data: Uint8Array): Uint8Array {
  return isWhole(data) ? data : copied(data);
}

function isWhole(data: Uint8Array): data is Uint8Array<ArrayBuffer> {
  return data.byteLength === data.buffer.byteLength && !types.isSharedArrayBuffer(data.buffer);
}
