import { ByteBuffer, type Encoder } from '@wirestack/framing';
import type { ByteStream } from '@wirestack/socket';
import { RpcError } from './errors.ts';
import type { Wire } from './wire.ts';

/**
 * What goes out: messages of one turn are gathered and leave in one write. While the stream exerts back-pressure they are gathered on, and
 * leave together when it drains: so the stream does drain, however much is sent, and what waits for the peer is known to
 * within one write.
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #encoder: Encoder<Uint8Array>;
  readonly #sink = new ByteBuffer();
  readonly #maxBufferedBytes: number;
  readonly #overflow: (error: RpcError) => void;
  #isScheduled = false;
  #isEnded = false;
  /** Bytes of the write that met back-pressure, until the stream drains. */
  #unsent = 0;
  #writable: Promise<void> = Promise.resolve();

  /** @param overflow told when more than `maxBufferedBytes` wait for the peer. */
  constructor(stream: ByteStream, wire: Wire, maxBufferedBytes: number, overflow: (error: RpcError) => void) {
    this.#stream = stream;
    this.#encoder = wire.framing.encoder();
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#overflow = overflow;
  }

  /** The peer does not read as fast as we write. */
  get isBlocked(): boolean {
    return this.#unsent > 0;
  }

  /** Enough is gathered for a write of its own. */
  get isFull(): boolean {
    return this.#sink.length >= flushBytes;
  }

  /** Gathers a message. @throws RpcError `TOO_LARGE` for one above the limit of the framing. */
  put(text: string): void {
    try {
      this.#encoder.encode(Buffer.from(text), this.#sink);
    } catch (cause) {
      throw new RpcError('TOO_LARGE', (cause as Error).message, { cause });
    }
  }

  /** Flushes at the end of the turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#isEnded) this.#sink.take();
    else if (!this.isBlocked) this.#write();
    const waiting = this.#unsent + this.#sink.length;
    if (this.isBlocked && waiting > this.#maxBufferedBytes) {
      this.#overflow(new RpcError('TOO_LARGE', `the peer leaves ${String(waiting)} bytes unread`));
    }
  }

  /** The stream says that more may be written. */
  drained(): void {
    this.#unsent = 0;
    this.flush();
  }

  /** Hands over what there is, whether the stream drains or not: it is about to close, and then no longer says. */
  finish(): void {
    if (!this.#isEnded) this.#write();
  }

  /** Nothing goes out any more. */
  end(): void {
    this.#isEnded = true;
    this.#sink.take();
  }

  #write(): void {
    const bytes = this.#sink.length;
    if (bytes === 0) return;
    const chunks = this.#sink.take();
    if (chunks.length === 1) this.#writable = this.#stream.write(chunks[0] as Uint8Array);
    else {
      this.#stream.cork();
      for (const chunk of chunks) this.#writable = this.#stream.write(chunk);
      this.#stream.uncork();
    }
    if (this.#stream.needsDrain) this.#unsent += bytes;
  }

  /** Resolves when more may be written. Rejects with RpcError `PEER_GONE`; where nobody waits for that, nothing comes of it. */
  writable(): Promise<void> {
    if (!this.isBlocked) return ready;
    const writable = this.#writable.catch((cause: unknown) => {
      throw new RpcError('PEER_GONE', 'the connection ended', { cause });
    });
    writable.catch(() => undefined);
    return writable;
  }
}

const ready = Promise.resolve();

/** Messages of one turn leave in one write up to here: about what a socket takes without waiting. */
const flushBytes = 65_536;
