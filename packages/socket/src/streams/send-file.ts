import type { FileHandle } from 'node:fs/promises';
import type { ByteStream } from '../byte-stream.ts';
import { expiredAlready, limitOf, withDeadline, type Deadline } from '../deadline.ts';
import { harmless } from '../deferred.ts';
import { SocketError, SocketUsageError, toSocketError } from '../errors.ts';
import { canLend, type Lender } from './lender.ts';

/** Which bytes of a file: `start` up to, and without, `end`, as `slice` has it. Default: all that the file has when asked. */
export interface FileRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/**
 * What one read of the file asks for: of 1 MB each, a megabyte costs half the CPU of reads of 256 KB. But every transfer that its reader holds up has two of them,
 * so that only the first few get large ones.
 */
const largeBytes = 1_048_576;
const smallBytes = 262_144;
const maxLarge = 16;
/** Kept for later transfers: 2 MB of either size. */
const maxIdle = { large: 2, small: 8 };
const idle: { readonly large: Uint8Array[]; readonly small: Uint8Array[] } = { large: [], small: [] };
let largeInUse = 0;

/**
 * Sends a file, or a range of it, and answers how many bytes that was: `socket.sendfile` (seed 004). One half is read while the other
 * leaves, in two buffers of 1 MB, or of 256 KB where many files are being sent, that are lent to the stream and shared with later calls; a stream that has no `lend` gets fresh ones.
 * The file's own position is neither used nor moved. The stream stays open, and must not be corked.
 *
 * A file that grows is cut at the range. One that is, or becomes, shorter rejects with `SocketError` `TRUNCATED` once what there was has left:
 * the peer was told a length and must not be sent anything else in its place, so that `abort()` is what usually follows. Also rejects as
 * `write` does; with `PERMISSION` or `OTHER` where the file cannot be read. At the deadline it rejects with `ABORTED` or `TIMED_OUT`, and
 * the stream is aborted.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a range that is none: not whole, below 0, or its end before its start.
 */
export async function sendFile(
  stream: ByteStream,
  file: FileHandle,
  range: FileRange = {},
  options?: Deadline,
): Promise<number> {
  const { start = 0 } = range;
  check(start, range.end ?? start);
  const deadline = limitOf(options);
  const early = deadline === undefined ? undefined : expiredAlready(deadline);
  if (early instanceof SocketError) stream.abort(early);
  if (early !== undefined) throw early;
  return withDeadline(send(stream, file, start, range.end), options, (error) => {
    stream.abort(error);
  });
}

function check(start: number, end: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new SocketUsageError('BAD_ARGUMENT', `${String(start)} to ${String(end)} is no range of a file`);
}

async function send(
  stream: ByteStream,
  file: FileHandle,
  start: number,
  end: number | undefined,
): Promise<number> {
  const source: Source = { file, at: start, end: end ?? (await sizeOf(file)) };
  if (source.end < start) throw shorter(source);
  if (canLend(stream)) await lendAll(stream, source);
  else await writeAll(stream, source);
  return source.end - start;
}

interface Source {
  readonly file: FileHandle;
  readonly end: number;
  at: number;
}

/** Reads into one buffer while the other is on its way. */
async function lendAll(stream: Lender, source: Source): Promise<void> {
  const length = source.end - source.at;
  const first = takeBuffer(length);
  const buffers = length <= first.length ? [first] : [first, takeBuffer(length)];
  const left: Promise<void>[] = buffers.map(() => Promise.resolve());
  try {
    for (let turn = 0; source.at < source.end; turn = (turn + 1) % buffers.length) {
      await left[turn];
      const chunk = await readChunk(source, buffers[turn] as Uint8Array);
      left[turn] = harmless(stream.lend(chunk));
    }
    await Promise.all(left);
  } finally {
    // The memory is free only when both have left, or failed.
    await Promise.allSettled(left);
    for (const buffer of buffers) giveBack(buffer);
  }
}

function takeBuffer(wanted: number): Uint8Array {
  if (wanted <= smallBytes || largeInUse === maxLarge) return idle.small.pop() ?? freshBuffer(smallBytes);
  largeInUse++;
  return idle.large.pop() ?? freshBuffer(largeBytes);
}

function giveBack(buffer: Uint8Array): void {
  const size = buffer.length === largeBytes ? 'large' : 'small';
  if (size === 'large') largeInUse--;
  if (idle[size].length < maxIdle[size]) idle[size].push(buffer);
}

async function writeAll(stream: ByteStream, source: Source): Promise<void> {
  while (source.at < source.end) {
    const chunk = await readChunk(source, freshBuffer(Math.min(smallBytes, source.end - source.at)));
    await stream.write(chunk);
  }
}

async function readChunk(source: Source, buffer: Uint8Array): Promise<Uint8Array> {
  const wanted = Math.min(buffer.length, source.end - source.at);
  let got: number;
  try {
    got = (await source.file.read(buffer, 0, wanted, source.at)).bytesRead;
  } catch (error) {
    throw toSocketError(error);
  }
  if (got === 0) throw shorter(source);
  source.at += got;
  return buffer.subarray(0, got);
}

async function sizeOf(file: FileHandle): Promise<number> {
  try {
    return (await file.stat()).size;
  } catch (error) {
    throw toSocketError(error);
  }
}

function shorter({ at, end }: Source): SocketError {
  return new SocketError(
    'TRUNCATED',
    `the file ends before byte ${String(Math.max(at, end))}: it is too short for the range`,
  );
}

/** Not from node's pool of small ones, and not cleared: nothing of it is sent that was not read into it. */
function freshBuffer(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size);
}
