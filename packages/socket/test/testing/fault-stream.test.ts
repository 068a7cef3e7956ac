import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { socketPair } from '../../src/streams/memory-pair.ts';
import { streamContract } from '../../src/testing/check-stream.ts';
import { faultStream, type FaultStreamOptions } from '../../src/testing/fault-stream.ts';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

describe('ByteStream over a pair that is cut and late', () => {
  let seed = 0;
  for (const { name, run } of streamContract) {
    test(name, { timeout: 30_000 }, () =>
      run(() => {
        const [a, b] = socketPair();
        seed++;
        // Its cases take a short text for one chunk.
        const options = { minPieceBytes: 64, maxDelayTurns: 2 };
        return Promise.resolve({
          a: faultStream(a, { seed, ...options }),
          b: faultStream(b, { seed: -seed, ...options }),
        });
      }),
    );
  }
});

describe('faultStream', () => {
  test('delivers every byte once and in order, whatever the seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 8 }),
        async (seed, writes) => {
          const pieces = await piecesOf(writes, { seed });
          expect(Buffer.concat(pieces).equals(Buffer.concat(writes))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('the same seed cuts the same way, another one does not', async () => {
    const writes = [new Uint8Array(500), new Uint8Array(2_000)];
    const lengths = async (seed: number): Promise<number[]> =>
      (await piecesOf(writes, { seed })).map(({ length }) => length);
    const first = await lengths(1);
    expect(await lengths(1)).toEqual(first);
    expect(await lengths(2)).not.toEqual(first);
  });

  test('among some seeds, a chunk comes byte by byte, and another whole', async () => {
    const counts = new Set<number>();
    for (let seed = 0; seed < 100; seed++) counts.add((await piecesOf([new Uint8Array(3)], { seed })).length);
    expect(counts).toEqual(new Set([1, 2, 3]));
  });

  test('a piece waits for turns of the event loop', async () => {
    const [a, b] = socketPair();
    const late = faultStream(b, { seed: 3, maxDelayTurns: 1_000 });
    let turn = 0;
    const count = (): void => {
      turn++;
      if (turn < 5_000) setImmediate(count);
    };
    count();
    void a.write('x');
    await late.read();
    expect(turn).toBeGreaterThan(1);
    turn = 5_000;
  });

  test.each([0, 1, 7, 100])('resets once %d bytes have been delivered', async (resetAfterBytes) => {
    const [a, b] = socketPair();
    const faulty = faultStream(b, { seed: 5, resetAfterBytes });
    void a.write(new Uint8Array(300));
    let got = 0;
    const reset = { name: 'SocketError', code: 'RESET' };
    await expect(
      (async () => {
        for await (const chunk of faulty) got += chunk.length;
      })(),
    ).rejects.toMatchObject(reset);
    expect(got).toBe(resetAfterBytes);
    await expect(faulty.closed).rejects.toMatchObject(reset);
    await expect(faulty.write('x')).rejects.toMatchObject(reset);
    await expect(faulty.read()).rejects.toMatchObject(reset);
    await expect(a.closed).rejects.toMatchObject(reset);
  });

  test('a reset in push mode: the bytes before it, then closed with the error', async () => {
    const [a, b] = socketPair();
    const receiver = new RecordingReceiver();
    faultStream(b, { seed: 8, resetAfterBytes: 10 }).attach(receiver);
    void a.write('0123456789 never seen');
    await receiver.untilCalled('closed');
    expect(receiver.text).toBe('0123456789');
    expect(receiver.calls).toEqual(['data', 'closed']);
    expect(receiver.errors).toMatchObject([{ code: 'RESET' }]);
  });

  test.each([
    { maxDelayTurns: -1 },
    { maxDelayTurns: 0.5 },
    { resetAfterBytes: -1 },
    { resetAfterBytes: NaN },
  ])('%j is refused with BAD_ARGUMENT', (options) => {
    const [a] = socketPair();
    expect(() => faultStream(a, { seed: 1, ...options })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error,
    );
  });
});

test('seededRandom answers what mulberry32 does, in [0, 1)', () => {
  const random = seededRandom(1);
  expect([random(), random(), random()].map((number) => Math.round(number * 2 ** 32))).toEqual([
    2_693_262_067, 11_749_833, 2_265_367_787,
  ]);
  for (let round = 0; round < 1_000; round++) {
    const number = random();
    expect(number >= 0 && number < 1).toBe(true);
  }
});

async function piecesOf(writes: readonly Uint8Array[], options: FaultStreamOptions): Promise<Uint8Array[]> {
  const [a, b] = socketPair();
  const pieces: Uint8Array[] = [];
  for (const bytes of writes) void a.write(bytes);
  void a.close();
  for await (const piece of faultStream(b, options)) pieces.push(piece);
  return pieces;
}
