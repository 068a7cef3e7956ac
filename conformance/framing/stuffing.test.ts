import { cobs, encodeAll, slip, type Codec } from '@wirestack/framing';
import fc from 'fast-check';
import oracleOfCobs from 'cobs';
import oracleOfSlip from 'slip';
import { describe, expect, test } from 'vitest';

/** Bytes that mean something to one of the two are common, and so are runs of 254, where COBS begins another block. */
const frame = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ min: 0xc0, max: 0xdd, maxLength: 40 }),
      fc.constantFrom(0, 1, 0xc0, 0xdb, 0xdc, 0xdd).map((byte) => Uint8Array.of(byte)),
      fc
        .record({ size: fc.integer({ min: 250, max: 260 }), byte: fc.integer({ min: 1, max: 255 }) })
        .map(({ size, byte }) => new Uint8Array(size).fill(byte)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
const frames = fc.array(frame, { maxLength: 8 });
const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

function decode(codec: Codec<Uint8Array>, wire: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const decoder = codec.decoder();
  const found: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < wire.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    decoder.push(wire.slice(at, at + size));
    for (let next; (next = decoder.next()) !== undefined;) found.push(plain(next));
    at += size;
  }
  for (let next; (next = decoder.end()) !== undefined;) found.push(plain(next));
  return found;
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return plain(Buffer.concat(parts));
}

describe('npm cobs', () => {
  test('makes the same bytes of a frame', () => {
    fc.assert(
      fc.property(frame, (bytes) => {
        const theirs = plain(oracleOfCobs.encode(Buffer.from(bytes)));
        // Behind a last block of 254 bytes there is nothing left to say; that package says 01.
        const last = bytes.length - 1 - bytes.lastIndexOf(0);
        const saysMore = last > 0 && last % 254 === 0;
        expect(encodeAll(cobs(), [bytes])).toEqual(
          joined([theirs.subarray(0, saysMore ? -1 : undefined), Uint8Array.of(0)]),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('reads what is encoded here', () => {
    fc.assert(
      fc.property(frame, (bytes) => {
        const wire = encodeAll(cobs(), [bytes]);
        expect(plain(oracleOfCobs.decode(Buffer.from(wire.subarray(0, -1))))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('writes what is decoded here, wherever it is cut', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const wire = joined(
          sent.flatMap((bytes) => [oracleOfCobs.encode(Buffer.from(bytes)), Uint8Array.of(0)]),
        );
        expect(decode(cobs(), wire, sizes)).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });
});

describe('npm slip', () => {
  /** An empty frame between two marks is no frame (RFC 1055). */
  const someBytes = frame.filter(({ length }) => length > 0);

  test('makes the same bytes of a frame', () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(encodeAll(slip(), [bytes])).toEqual(plain(oracleOfSlip.encode(bytes)));
      }),
      { numRuns: 300 },
    );
  });

  test('reads what is encoded here', () => {
    fc.assert(
      fc.property(fc.array(someBytes, { maxLength: 8 }), cuts, (sent, sizes) => {
        const received: Uint8Array[] = [];
        const decoder = new oracleOfSlip.Decoder({ onMessage: (message) => received.push(message) });
        const wire = encodeAll(slip(), sent);
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          decoder.decode(wire.slice(at, at + size));
          at += size;
        }
        expect(received.map(plain)).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });

  test('writes what is decoded here, wherever it is cut', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const wire = joined(sent.map((bytes) => oracleOfSlip.encode(bytes)));
        expect(decode(slip(), wire, sizes)).toEqual(sent.filter(({ length }) => length > 0));
      }),
      { numRuns: 300 },
    );
  });

  test('agrees on bytes that are no encoding, where a bad escape keeps its byte', () => {
    const bytes = fc.uint8Array({ min: 0xbe, max: 0xdf, maxLength: 200 });
    fc.assert(
      fc.property(bytes, cuts, (noise, sizes) => {
        const wire = joined([noise, Uint8Array.of(0xc0, 0xc0)]);
        const received: Uint8Array[] = [];
        new oracleOfSlip.Decoder({ onMessage: (message) => received.push(message) }).decode(wire);
        expect(decode(slip({ badEscape: 'keep' }), wire, sizes)).toEqual(received.map(plain));
      }),
      { numRuns: 300 },
    );
  });
});
