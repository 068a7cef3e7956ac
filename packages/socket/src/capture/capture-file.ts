import { SocketUsageError } from '../errors.ts';
import {
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  linkTypeRaw,
  sectionHeaderBlock,
} from './pcapng.ts';

/** Where a capture goes: a `FileHandle` of `node:fs/promises`, a `ByteStream`, anything that takes bytes one call after the other. */
export interface CaptureSink {
  /** Resolves when it may be called again. A `bytesWritten` below the length means that the rest is to be written once more. */
  write(bytes: Uint8Array): Promise<unknown>;
}

/** Milliseconds since `timeOrigin`, which is in milliseconds since 1970: the global `performance` is one. */
export interface CaptureClock {
  now(): number;
  readonly timeOrigin: number;
}

export interface CaptureFileOptions {
  /** What the file says of itself. */
  readonly comment?: string;
  /** What packets are shown as captured on. Default `wirestack`. */
  readonly interfaceName?: string;
  /**
   * Bytes that may wait for the sink. Default 16 MiB. A packet beyond them is not in the file; the next one says how many were lost, and an
   * analyser shows the gap. Streams never wait for a capture.
   */
  readonly maxQueuedBytes?: number;
  /** Default the global `performance`. */
  readonly clock?: CaptureClock;
}

/** What is written in one call at most, and what is copied for it. */
const batchBytes = 1024 * 1024;
/** Header, trailer and options of a packet's block, about. */
const blockOverhead = 64;

/**
 * A capture in the pcapng format, which Wireshark and tshark read. Many streams and sockets may go into one.
 *
 * ```ts
 * await using handle = await open('session.pcapng', 'w');
 * await using file = new CaptureFile(handle);
 * const stream = capture(await connect('tcp://127.0.0.1:80'), file);
 * ```
 */
export class CaptureFile implements AsyncDisposable {
  readonly clock: CaptureClock;
  readonly #sink: CaptureSink;
  readonly #maxQueuedBytes: number;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #error: Error | undefined;
  #closed: Promise<void> | undefined;
  #packets = 0;
  #dropped = 0;
  #droppedSince = 0;
  #conversations = 0;

  /** Writes the head of the file. The sink stays the caller's to close. @throws SocketUsageError `BAD_ARGUMENT` */
  constructor(sink: CaptureSink, options: CaptureFileOptions = {}) {
    const {
      comment,
      interfaceName: name = 'wirestack',
      maxQueuedBytes = 16 * 1024 * 1024,
      clock = performance,
    } = options;
    if (!(maxQueuedBytes > 0)) {
      throw new SocketUsageError(
        'BAD_ARGUMENT',
        `maxQueuedBytes is ${String(maxQueuedBytes)}, expected more than 0`,
      );
    }
    this.#sink = sink;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.clock = clock;
    this.#enqueue(sectionHeaderBlock({ comment, application: '@wirestack/socket' }));
    this.#enqueue(interfaceDescriptionBlock({ linkType: linkTypeRaw, name }));
  }

  /** Packets that the sink was too slow for, or that came after it had failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What the sink rejected with. From then on nothing is written. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Bytes that wait for the sink. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Numbers the conversations of this file from 0: what is made up for each differs. */
  nextConversation(): number {
    return this.#conversations++;
  }

  /**
   * Adds a packet that begins with its IP header, copying it; `at` is in milliseconds of the clock. Never throws and never waits. Nothing
   * once the file was closed.
   */
  packet(data: Uint8Array, at: number = this.clock.now(), comment?: string): void {
    if (this.#closed !== undefined) return;
    this.#packets++;
    const size = data.length + blockOverhead + (comment?.length ?? 0);
    if (this.#error !== undefined || this.#queuedBytes + size > this.#maxQueuedBytes) {
      this.#dropped++;
      this.#droppedSince++;
      return;
    }
    const timestamp = this.#timestamp(at);
    this.#enqueue(
      enhancedPacketBlock({ interfaceId: 0, timestamp, data, comment, dropped: this.#droppedSince }),
    );
    this.#droppedSince = 0;
  }

  /** Resolves once the sink has all that was added so far. Rejects with what the sink rejected with. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#error !== undefined) throw this.#error;
  }

  /** Writes the rest, and how many packets there were. Rejects as {@link flush} does. What is captured goes on uncaptured. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    const timestamp = this.#timestamp(this.clock.now());
    const counts = { received: this.#packets, dropped: this.#dropped };
    this.#enqueue(interfaceStatisticsBlock({ interfaceId: 0, timestamp, ...counts }));
    return (this.#closed = this.flush());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue(block: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#queue.push(block);
    this.#queuedBytes += block.length;
    this.#writing ??= this.#writeAll();
  }

  /** Never rejects. */
  async #writeAll(): Promise<void> {
    // A turn later: what is added in one go is written in one go.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const batch = this.#takeBatch();
        await writeWhole(this.#sink, batch);
        this.#queuedBytes -= batch.length;
      }
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.#queue = [];
      this.#queuedBytes = 0;
    }
    this.#writing = undefined;
  }

  #takeBatch(): Uint8Array {
    let size = 0;
    let count = 0;
    for (const block of this.#queue) {
      if (count > 0 && size + block.length > batchBytes) break;
      size += block.length;
      count++;
    }
    const batch = new Uint8Array(size);
    let at = 0;
    for (const block of this.#queue.splice(0, count)) {
      batch.set(block, at);
      at += block.length;
    }
    return batch;
  }

  /** In two steps: nanoseconds since 1970 are more than a number holds exactly. */
  #timestamp(at: number): bigint {
    const origin = BigInt(Math.round(this.clock.timeOrigin * 1000)) * 1000n;
    return origin + BigInt(Math.round(at * 1_000_000));
  }
}

async function writeWhole(sink: CaptureSink, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const written = writtenOf(await sink.write(bytes.subarray(at))) ?? bytes.length - at;
    if (!(written > 0)) throw new Error('the sink of the capture takes no bytes');
    at += written;
  }
}

/** Of a `FileHandle`. */
function writtenOf(result: unknown): number | undefined {
  const isCounted = typeof result === 'object' && result !== null && 'bytesWritten' in result;
  return isCounted && typeof result.bytesWritten === 'number' ? result.bytesWritten : undefined;
}
