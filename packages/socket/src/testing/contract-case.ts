import type { ByteStream } from '../byte-stream.ts';
import { withDeadline } from '../deadline.ts';
import { SocketError } from '../errors.ts';

/** Two connected streams, fresh: nothing written, nothing read. */
export interface StreamPair {
  readonly a: ByteStream;
  readonly b: ByteStream;
  /** Called when a case is over, after both streams were aborted: closes the listener behind them, say. */
  close?(): Promise<void>;
  /**
   * More bytes than there is room for on the way to a peer that does not read: writing so many blocks. At most 64 MiB, the default, which is
   * above the kernel's buffers of both ends on any usual system. A transport that holds less says so, and is checked in a fraction of the time.
   */
  readonly beyondBuffersBytes?: number;
}

export type StreamPairFactory = () => Promise<StreamPair>;

/** One sentence of the contract. */
export interface ContractCase {
  readonly name: string;
  /** Rejects with an `AssertionError` where the streams do not keep the contract. */
  readonly run: (makePair: StreamPairFactory) => Promise<void>;
}

/** A case that hangs fails after this long. Ample: none of them waits for anything but the streams. */
const guardMs = 10_000;

/** One for all: it is only ever sent. */
const beyondAnyBuffer = new Uint8Array(64 * 1024 * 1024);

/** Makes a case of `body`, which runs twice: with the ends as made, then the other way round on a fresh pair. */
export function contractCase(name: string, body: CaseBody): ContractCase {
  return {
    name,
    run: async (makePair) => {
      await runOnce(await makePair(), body);
      await runOnce(await makePair(), (a, b, beyond) => body(b, a, beyond));
    },
  };
}

/** `beyond`: so much that writing it blocks until the peer reads. */
type CaseBody = (a: ByteStream, b: ByteStream, beyond: Uint8Array) => Promise<void>;

async function runOnce(pair: StreamPair, body: CaseBody): Promise<void> {
  const { a, b, beyondBuffersBytes: size = beyondAnyBuffer.length } = pair;
  const beyond = beyondAnyBuffer.subarray(0, size);
  const guard = new AbortController();
  const timer = setTimeout(() => {
    guard.abort(new Error(`the case hung for ${String(guardMs)} ms`));
  }, guardMs);
  try {
    await withDeadline(body(a, b, beyond), { signal: guard.signal }, () => undefined);
  } catch (error) {
    throw guard.signal.aborted && error instanceof SocketError ? error.cause : error;
  } finally {
    clearTimeout(timer);
    a.abort();
    b.abort();
    await pair.close?.();
  }
}

/** Everything until the peer's end. */
export async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) return concatenate(chunks);
    chunks.push(chunk);
  }
}

/** At least `size` bytes, which is exactly `size` where no more were written. */
export async function readBytes(stream: ByteStream, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let got = 0; got < size;) {
    const chunk = await stream.read();
    if (chunk === undefined) break;
    chunks.push(chunk);
    got += chunk.length;
  }
  return concatenate(chunks);
}

/** {@link readBytes} as text: what a test wrote as ASCII. */
export async function readText(stream: ByteStream, size: number): Promise<string> {
  return textOf(await readBytes(stream, size));
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Reads and forgets until the stream ends, in order or not: waits for a peer that goes. */
export async function readUntilOver(stream: ByteStream): Promise<void> {
  try {
    while ((await stream.read()) !== undefined);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
  }
}

/**
 * Lets the event loop go round `count` times. Whatever a peer in this process wrote before has then been delivered, if it is
 * going to be: the only way to see that something does *not* arrive without measuring time.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** What a promise has come to, looked at now and not waited for. */
export function outcomeOf(promise: Promise<unknown>): { state: 'pending' | 'resolved' | 'rejected' } {
  const outcome: { state: 'pending' | 'resolved' | 'rejected' } = { state: 'pending' };
  promise.then(
    () => (outcome.state = 'resolved'),
    () => (outcome.state = 'rejected'),
  );
  return outcome;
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
