import type { ByteReceiver, ByteStream, WriteOptions } from '../byte-stream.ts';
import type { Deadline } from '../deadline.ts';
import { harmless, rejected } from '../deferred.ts';
import { abortedError, closedError, SocketError, SocketUsageError } from '../errors.ts';
import { ForwardingStream } from '../streams/forwarding-stream.ts';
import { ReadQueue } from '../streams/read-queue.ts';
import { turns } from './contract-case.ts';
import { randomInteger, seededRandom } from './seeded-random.ts';

export interface FaultStreamOptions {
  /** Where the cuts and delays come from: the same seed and the same arrivals make the same faults. Print it where a test fails. */
  readonly seed: number;
  /** No cut leaves a piece shorter than this, so that what is written in one such piece comes in one. Default 1. */
  readonly minPieceBytes?: number;
  /** Each piece is delivered so many turns of the event loop late, at most. Default 3; 0 cuts only. */
  readonly maxDelayTurns?: number;
  /** The connection is reset once so many bytes have been delivered. Default: never. */
  readonly resetAfterBytes?: number;
}

/**
 * A stream that behaves as badly as a network may: what arrives is cut at random places, from byte by byte up to whole, and delivered
 * late. No byte is lost, doubled or out of order, so that a correct protocol above sees no difference. For tests.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a delay or a limit that is no whole number of 0 or more.
 */
export function faultStream(stream: ByteStream, options: FaultStreamOptions): ByteStream {
  return new FaultStream(stream, options);
}

class FaultStream extends ForwardingStream {
  readonly #closed: Promise<void>;
  readonly #random: () => number;
  readonly #minPieceBytes: number;
  readonly #maxDelayTurns: number;
  #leftUntilReset: number;
  #reset: SocketError | undefined;

  readonly #queue = new ReadQueue();
  /** Arrived, cut, and not delivered yet. */
  readonly #pieces: Uint8Array[] = [];
  #receiver: ByteReceiver | undefined;
  #paused = false;
  #pumping = false;
  #dropping = false;
  #ended = false;
  #endDelivered = false;
  #failed = false;
  #over: { readonly error: Error | undefined } | undefined;
  #watchesDrain = false;

  constructor(stream: ByteStream, options: FaultStreamOptions) {
    super(stream);
    const { seed, minPieceBytes = 1, maxDelayTurns = 3, resetAfterBytes = Infinity } = options;
    requireCount('minPieceBytes', minPieceBytes);
    requireCount('maxDelayTurns', maxDelayTurns);
    if (resetAfterBytes !== Infinity) requireCount('resetAfterBytes', resetAfterBytes);
    this.#random = seededRandom(seed);
    this.#minPieceBytes = minPieceBytes;
    this.#maxDelayTurns = maxDelayTurns;
    this.#leftUntilReset = resetAfterBytes;
    this.#closed = harmless(
      stream.closed.catch((error: unknown) => {
        throw this.#reset ?? error;
      }),
    );
    this.#closed.then(
      () => {
        this.#onOver(undefined);
      },
      (error: unknown) => {
        this.#onOver(error as Error);
      },
    );
  }

  override get closed(): Promise<void> {
    return this.#closed;
  }

  override read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#receiver !== undefined) {
      return Promise.reject(
        new SocketUsageError('ATTACHED', 'the stream is in push mode: read() is refused'),
      );
    }
    const chunk = this.#queue.read(options);
    this.#pump();
    return chunk;
  }

  override write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    if (this.#reset !== undefined) return rejected(this.#reset);
    const written = super.write(data, options);
    if (this.needsDrain && !this.#watchesDrain) {
      this.#watchesDrain = true;
      written.then(
        () => {
          this.#watchesDrain = false;
          if (this.#over === undefined) this.#receiver?.drain();
        },
        () => undefined,
      );
    }
    return written;
  }

  override shutdown(how: 'read' | 'write' | 'both', options?: Deadline): Promise<void> {
    if (how !== 'write') {
      this.#drop();
      this.#queue.end();
    }
    return super.shutdown(how, options);
  }

  override close(options?: Deadline): Promise<void> {
    this.#drop();
    this.#queue.fail(closedError(), true);
    return super.close(options);
  }

  override abort(reason?: unknown): void {
    if (this.#over === undefined) {
      this.#drop();
      this.#queue.fail(abortedError(reason ?? 'abort() was called'), true);
    }
    super.abort(reason);
  }

  override attach(receiver: ByteReceiver): void {
    if (this.#queue.isAwaited) {
      throw new SocketUsageError('BUSY', 'a read is outstanding: await it before attach()');
    }
    this.#receiver = receiver;
    this.#paused = false;
    this.#endDelivered = false;
    this.#pumpLater();
  }

  override pause(): void {
    if (this.#receiver !== undefined) this.#paused = true;
  }

  override resume(): void {
    this.#paused = false;
    this.#pumpLater();
  }

  /** Somebody waits for bytes, or for the end of them. */
  #isWanted(): boolean {
    if (this.#ended || this.#failed || this.#dropping) return false;
    return this.#receiver === undefined ? this.#queue.isAwaited : !this.#paused;
  }

  #pumpLater(): void {
    queueMicrotask(() => {
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isWanted()) {
      if (this.#pieces.length === 0) await this.#fetch();
      await turns(randomInteger(this.#random, 0, this.#maxDelayTurns));
      if (!this.#isWanted()) continue;
      const piece = this.#pieces.shift();
      if (piece !== undefined) this.#deliver(piece);
    }
    // In the turn that saw that nobody waits: the next read finds the pump at work or at rest, never in between.
    this.#pumping = false;
    this.#tellEnd();
  }

  async #fetch(): Promise<void> {
    try {
      const chunk = await this.inner.read();
      if (chunk === undefined) {
        this.#ended = true;
        this.#queue.end();
      } else if (!this.#dropping) this.#cut(chunk);
    } catch (error) {
      this.#failed = true;
      this.#queue.fail(this.#reset ?? (error as Error));
    }
  }

  /** Each length is as likely as the next: one byte, a few, many, the rest. */
  #cut(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const longest = [1, 16, 1_024, chunk.length][randomInteger(this.#random, 0, 3)] as number;
      const wanted = at + Math.max(this.#minPieceBytes, randomInteger(this.#random, 1, longest));
      const end = wanted + this.#minPieceBytes > chunk.length ? chunk.length : wanted;
      this.#pieces.push(chunk.slice(at, end));
      at = end;
    }
  }

  #deliver(piece: Uint8Array): void {
    const bytes = piece.subarray(0, this.#leftUntilReset);
    this.#leftUntilReset -= bytes.length;
    if (this.#receiver === undefined) this.#queue.push(bytes);
    else if (bytes.length > 0) this.#receiver.data(bytes);
    if (this.#leftUntilReset > 0) return;
    this.#reset = new SocketError('RESET', 'the connection was reset on purpose');
    this.#drop();
    this.#queue.fail(this.#reset);
    this.inner.abort(this.#reset);
  }

  #drop(): void {
    this.#dropping = true;
    this.#pieces.length = 0;
    this.#queue.clear();
  }

  #onOver(error: Error | undefined): void {
    this.#over = { error };
    this.#tellEnd();
  }

  /** The last two calls of push mode, each after what comes before it. */
  #tellEnd(): void {
    if (this.#receiver === undefined) return;
    const isAllDelivered = this.#dropping || ((this.#ended || this.#failed) && !this.#pumping);
    if (isAllDelivered && this.#ended && !this.#endDelivered && !this.#dropping && !this.#paused) {
      this.#endDelivered = true;
      this.#receiver.end();
    }
    if (this.#over === undefined) return;
    const isCutShort = this.#dropping || (this.#paused && this.#over.error !== undefined);
    if (!isCutShort && (this.#paused || !isAllDelivered)) return;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver.closed(this.#over.error);
  }
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw new SocketUsageError(
    'BAD_ARGUMENT',
    `${name} is ${String(value)}, expected a whole number of 0 or more`,
  );
}
