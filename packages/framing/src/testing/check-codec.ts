import assert from 'node:assert/strict';
import type { Codec, Decoder } from '../codec.ts';
import { FramingError, type FramingErrorCode } from '../errors.ts';
import { StrictSink } from './strict-sink.ts';

/** A codec, and bytes that show what it should do. Short samples are cut in more ways: up to 64 bytes, at every pair of offsets. */
export interface CodecSample<In, Out = In> {
  readonly name: string;
  readonly codec: Codec<In, Out>;
  readonly frames: readonly Out[];
  /** The exact encoding of `frames`, one after the other. */
  readonly bytes: Uint8Array;
  /** What is decoded from `bytes`, where that is not `frames`. */
  readonly decoded?: readonly In[];
  /** Bytes that must be refused, and how; valid frames may come first. A `TRUNCATED` one is refused by `end()`. */
  readonly malformed?: readonly { readonly bytes: Uint8Array; readonly code: FramingErrorCode }[];
  /** True where a frame may end with the input, so that a truncated one can be as good as a whole one. Default false. */
  readonly closeTerminated?: boolean;
  /** One frame exactly at the limit, the same one past it, and the most that may be buffered while more is needed. */
  readonly limit?: {
    readonly bytes: Uint8Array;
    readonly tooLarge: Uint8Array;
    readonly maxBufferedBytes: number;
  };
}

/** A sentence of the contract. `run` throws an `AssertionError` where the codec does not keep it. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => void;
}

/** The contract of `codec.ts`, a case a sentence. */
export function codecContract<In, Out = In>(sample: CodecSample<In, Out>): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  const add = (name: string, run: () => void): unknown => cases.push({ name, run });
  const { bytes, limit, malformed = [] } = sample;

  add('encodes the frames to the bytes', () => {
    encodesExactly(sample);
  });
  add('decodes the bytes in one piece', () => {
    decodes(sample, [bytes]);
  });
  add('decodes them cut in two at every offset', () => {
    for (const at of offsets(bytes)) decodes(sample, cut(bytes, at));
  });
  if (bytes.length <= 64) {
    add('decodes them cut in three at every pair of offsets', () => {
      for (const at of offsets(bytes)) {
        for (let to = at; to <= bytes.length; to++) decodes(sample, cut(bytes, at, to));
      }
    });
  }
  add('decodes them a byte at a time', () => {
    decodes(sample, singles(bytes));
  });
  add('decodes what was all pushed before the first next()', () => {
    decodes(sample, singles(bytes), { drainAfterEach: false });
  });
  add('asks for more, and never throws, on input cut short anywhere; end() then says TRUNCATED', () => {
    for (const at of [...offsets(bytes), bytes.length]) truncates(sample, at);
  });
  add('answers undefined ever after the end', () => {
    endsForGood(sample);
  });
  add('leaves the frames it returned as they were, whatever it decodes later', () => {
    keepsFrames(sample);
  });
  add('shares nothing between two decoders or two encoders', () => {
    sharesNothing(sample);
  });
  add('counts the bytes it holds', () => {
    countsBytes(sample);
  });
  if (limit !== undefined) {
    add('takes a frame at the limit', () => {
      takesAtLimit(sample, limit);
    });
    add('refuses a frame one past the limit, for good, and holds no more than the limit', () => {
      for (const pieces of [[limit.tooLarge], crumbs(limit.tooLarge)]) {
        const { decoder } = refuses(sample, pieces, 'TOO_LARGE', limit.maxBufferedBytes);
        assertHolds(decoder, limit.maxBufferedBytes);
      }
    });
  }
  for (const [index, wrong] of malformed.entries()) {
    add(`refuses malformed input ${String(index + 1)} as ${wrong.code}, the same wherever it is cut`, () => {
      refusesEverywhere(sample, wrong.bytes, wrong.code);
    });
    add(`reserves nothing on the word of malformed input ${String(index + 1)}`, () => {
      reservesNothing(sample, wrong.bytes);
    });
  }
  return cases;
}

/**
 * Runs every case.
 *
 * @throws AggregateError with an error for each case that fails, named by the sample and the case.
 */
export function checkCodec<In, Out = In>(sample: CodecSample<In, Out>): void {
  const errors: Error[] = [];
  for (const { name, run } of codecContract(sample)) {
    try {
      run();
    } catch (cause) {
      errors.push(new Error(`${sample.name} ${name}: ${String(cause)}`, { cause }));
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(
      errors,
      `${sample.name} breaks ${String(errors.length)} sentences of the contract`,
    );
  }
}

// ── The sentences ────────────────────────────────────────────────────────────────────────────────────────────────────

function encodesExactly<In, Out>({ codec, frames, bytes }: CodecSample<In, Out>): void {
  const sink = new StrictSink();
  const encoder = codec.encoder();
  for (const frame of frames) encoder.encode(frame, sink);
  assertSame(sink.bytes(), bytes, 'encoded');
}

function decodes<In, Out>(
  sample: CodecSample<In, Out>,
  pieces: readonly Uint8Array[],
  { drainAfterEach = true } = {},
): void {
  const decoder = sample.codec.decoder();
  const frames: In[] = [];
  const most = expected(sample).length;
  for (const piece of pieces) {
    decoder.push(piece.slice());
    if (drainAfterEach) drain(decoder, 'next', frames, most);
  }
  drain(decoder, 'next', frames, most);
  drain(decoder, 'end', frames, most);
  assertSame(frames, expected(sample), `decoded from ${shape(pieces)}`);
  assertHolds(decoder, 0);
}

function truncates<In, Out>(sample: CodecSample<In, Out>, at: number): void {
  const { codec, bytes, closeTerminated = false } = sample;
  const decoder = codec.decoder();
  const frames: In[] = [];
  const most = expected(sample).length;
  decoder.push(bytes.slice(0, at));
  drain(decoder, 'next', frames, most);
  assertSame(frames, expected(sample).slice(0, frames.length), `decoded from the first ${String(at)} bytes`);

  const error = thrownBy(() => {
    drain(decoder, 'end', frames, most);
  });
  const place = `at the end after ${String(at)} of ${String(bytes.length)} bytes`;
  const atBoundary = boundaries(sample).includes(at);
  if (error === undefined) {
    assert.ok(atBoundary || closeTerminated, `no TRUNCATED ${place}`);
    return;
  }
  const mayEndHere = at === 0 || at === bytes.length || (atBoundary && sample.decoded === undefined);
  assert.ok(!mayEndHere, `${named(error)} ${place}, where no frame has begun`);
  assertCode(error, 'TRUNCATED', place);
  assertStaysFailed(decoder, 'TRUNCATED');
}

function endsForGood<In, Out>(sample: CodecSample<In, Out>): void {
  for (const pieces of [[sample.bytes], singles(sample.bytes), []]) {
    const decoder = sample.codec.decoder();
    for (const piece of pieces) decoder.push(piece.slice());
    drain(decoder, 'end', [], expected(sample).length);
    for (let again = 0; again < 3; again++) assert.equal(decoder.end(), undefined, 'end() after the end');
    assertHolds(decoder, 0);
  }
}

function keepsFrames<In, Out>(sample: CodecSample<In, Out>): void {
  const { codec, bytes, closeTerminated = false } = sample;
  const rounds = closeTerminated ? 1 : 4;
  const wanted = Array.from({ length: rounds }, () => expected(sample)).flat();
  for (const pieceBytes of [1, 3, 7, bytes.length + 1]) {
    const decoder = codec.decoder();
    const frames: In[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        decoder.push(bytes.slice(at, at + pieceBytes));
        drain(decoder, 'next', frames, wanted.length);
      }
    }
    drain(decoder, 'end', frames, wanted.length);
    assertSame(frames, wanted, `the frames of ${String(rounds)} rounds, looked at after the last`);
  }
}

function sharesNothing<In, Out>(sample: CodecSample<In, Out>): void {
  const { codec, bytes, frames } = sample;
  const most = expected(sample).length;
  const pair = [codec.decoder(), codec.decoder()].map((decoder) => ({ decoder, frames: [] as In[] }));
  for (const piece of singles(bytes)) {
    for (const one of pair) {
      one.decoder.push(piece.slice());
      drain(one.decoder, 'next', one.frames, most);
    }
  }
  for (const one of pair) {
    drain(one.decoder, 'end', one.frames, most);
    assertSame(one.frames, expected(sample), 'decoded by one of two decoders that took turns');
  }

  const writers = [codec.encoder(), codec.encoder()].map((encoder) => ({ encoder, sink: new StrictSink() }));
  for (const frame of frames) {
    for (const { encoder, sink } of writers) encoder.encode(frame, sink);
  }
  for (const { sink } of writers)
    assertSame(sink.bytes(), bytes, 'encoded by one of two encoders that took turns');
}

function countsBytes<In, Out>(sample: CodecSample<In, Out>): void {
  const { codec, bytes } = sample;
  // Where frames are encoded one for one, a decoder that needs more holds what came behind the last whole frame, at most.
  const oneForOne = sample.decoded === undefined && sample.closeTerminated !== true;
  const ends = oneForOne ? boundaries(sample) : [0];
  const decoder = codec.decoder();
  const frames: In[] = [];
  for (const [index, piece] of singles(bytes).entries()) {
    const pushed = index + 1;
    decoder.push(piece.slice());
    drain(decoder, 'next', frames, expected(sample).length);
    assertHolds(decoder, pushed - (ends.findLast((end) => end <= pushed) ?? 0));
    const frame = oneForOne ? sample.frames[ends.indexOf(pushed + 1) - 1] : undefined;
    if (frame instanceof Uint8Array && frame.length > 1 && frames.length < expected(sample).length) {
      assert.ok(decoder.bufferedBytes > 0, `bufferedBytes is 0 one byte before the end of a frame`);
    }
  }
  drain(decoder, 'end', frames, expected(sample).length);
  assertHolds(decoder, 0);
}

function takesAtLimit<In, Out>(
  sample: CodecSample<In, Out>,
  { bytes, maxBufferedBytes }: NonNullable<CodecSample<In, Out>['limit']>,
): void {
  for (const pieces of [[bytes], crumbs(bytes)]) {
    const decoder = sample.codec.decoder();
    const frames: In[] = [];
    for (const piece of pieces) {
      decoder.push(piece.slice());
      drain(decoder, 'next', frames, bytes.length);
      assertHolds(decoder, maxBufferedBytes);
    }
    drain(decoder, 'end', frames, bytes.length);
    assert.ok(frames.length > 0, 'no frame from the bytes at the limit');
    assertHolds(decoder, 0);
  }
}

function refusesEverywhere<In, Out>(
  sample: CodecSample<In, Out>,
  bytes: Uint8Array,
  code: FramingErrorCode,
): void {
  const whole = refuses(sample, [bytes], code).frames;
  for (const pieces of [...offsets(bytes)].map((at) => cut(bytes, at)).concat([singles(bytes)])) {
    const { frames } = refuses(sample, pieces, code);
    assertSame(frames, whole, `frames before the ${code}, from ${shape(pieces)}`);
  }
}

/** Feeds `pieces`, expects `code` from `next()` (`TRUNCATED`: from `end()`), and that the decoder stays failed. */
function refuses<In, Out>(
  sample: CodecSample<In, Out>,
  pieces: readonly Uint8Array[],
  code: FramingErrorCode,
  maxBufferedBytes = Infinity,
): { decoder: Decoder<In>; frames: In[] } {
  const decoder = sample.codec.decoder();
  const frames: In[] = [];
  const error = thrownBy(() => {
    for (const piece of pieces) {
      decoder.push(piece.slice());
      drain(decoder, 'next', frames, Infinity);
      assertHolds(decoder, maxBufferedBytes);
    }
    if (code === 'TRUNCATED') drain(decoder, 'end', frames, Infinity);
  });
  assertCode(error, code, `from ${shape(pieces)}`);
  assertStaysFailed(decoder, code);
  return { decoder, frames };
}

function reservesNothing<In, Out>(sample: CodecSample<In, Out>, bytes: Uint8Array): void {
  const decoders: Decoder<In>[] = [];
  const each = 4 * bytes.length + 131_072;
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 16; count++) {
    const decoder = sample.codec.decoder();
    decoders.push(decoder);
    const error = thrownBy(() => {
      // The last byte is held back, so that a header's claim is not yet refused where it can be acted on.
      for (const part of cut(bytes, bytes.length - 1)) {
        decoder.push(part.slice());
        drain(decoder, 'next', [], Infinity);
      }
    });
    if (error !== undefined) assert.ok(error instanceof FramingError, `threw ${named(error)}`);
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(
    grown <= decoders.length * each,
    `${String(grown)} bytes reserved for ${String(decoders.length)} decoders`,
  );
}

// ── What they are made of ────────────────────────────────────────────────────────────────────────────────────────────

function expected<In, Out>({ decoded, frames }: CodecSample<In, Out>): readonly In[] {
  // Without `decoded`, both directions carry the same frames: that is what its default says.
  return decoded ?? (frames as readonly unknown[] as readonly In[]);
}

/** Every frame that `method` has to give, up to `most` in all. */
function drain<In>(decoder: Decoder<In>, method: 'next' | 'end', into: In[], most: number): void {
  for (let frame; (frame = decoder[method]()) !== undefined; into.push(frame)) {
    assert.ok(into.length < most, `${method}() returned more than the ${String(most)} frames expected`);
  }
}

/** Where frames end in the bytes, and 0. */
function boundaries<In, Out>({ codec, frames }: CodecSample<In, Out>): number[] {
  const sink = new StrictSink();
  const encoder = codec.encoder();
  const ends = frames.map((frame) => {
    encoder.encode(frame, sink);
    return sink.length;
  });
  return [0, ...ends];
}

/** Every offset of the bytes; of long ones those near both ends, and some five hundred between. */
function offsets(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length;) {
    found.push(at);
    at += at < 512 || at > bytes.length - 512 ? 1 : Math.min(bytes.length - 512 - at, bytes.length >> 9) || 1;
  }
  return found;
}

function cut(bytes: Uint8Array, ...at: number[]): Uint8Array[] {
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** A byte at a time; where that would be too many pieces, a few. */
function crumbs(bytes: Uint8Array): Uint8Array[] {
  const size = 1 + (bytes.length >> 16);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

function singles(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

function named(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function assertCode(error: unknown, code: FramingErrorCode, place: string): void {
  if (error instanceof assert.AssertionError) throw error;
  assert.ok(error instanceof FramingError, `threw ${named(error)}, expected FramingError ${code} ${place}`);
  assert.equal(error.code, code, place);
}

function assertStaysFailed<In>(decoder: Decoder<In>, code: FramingErrorCode): void {
  const held = decoder.bufferedBytes;
  for (const method of ['next', 'end', 'next'] as const) {
    decoder.push(new Uint8Array(64));
    assertCode(
      thrownBy(() => decoder[method]()),
      code,
      `from ${method}() after the failure`,
    );
  }
  assertHolds(decoder, held);
}

function assertHolds<In>({ bufferedBytes }: Decoder<In>, most: number): void {
  assert.ok(
    Number.isSafeInteger(bufferedBytes) && bufferedBytes >= 0,
    `bufferedBytes is ${String(bufferedBytes)}`,
  );
  assert.ok(
    bufferedBytes <= most,
    `bufferedBytes is ${String(bufferedBytes)}, expected ${String(most)} at most`,
  );
}

/** Deep equality in which a `Buffer` equals the `Uint8Array` of the same bytes. */
function assertSame(actual: unknown, wanted: unknown, what: string): void {
  assert.deepEqual(plain(actual), plain(wanted), what);
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function shape(pieces: readonly Uint8Array[]): string {
  if (pieces.length > 8) return `${String(pieces.length)} pieces`;
  return `pieces of ${pieces.map((piece) => String(piece.length)).join(' + ')} bytes`;
}
