import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect, listen, socketPair, type ByteStream } from '@wirestack/socket';
import { disposed, scratchPath } from './scratch.ts';

const writes = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('cork' as const, 'uncork' as const, 'flush' as const),
  ),
  { maxLength: 40 },
);
type Step = Uint8Array | string;

test('any slicing of writes arrives as the same bytes, through memory of any size', async () => {
  await fc.assert(
    fc.asyncProperty(writes, fc.integer({ min: 1, max: 5_000 }), async (steps, highWaterBytes) => {
      const [a, b] = socketPair({ highWaterBytes });
      expect(await through(a, b, steps)).toEqual(expected(steps));
    }),
    { numRuns: 200 },
  );
});

test.each(['tcp', 'unix'])('any slicing of writes arrives as the same bytes, over %s', async (transport) => {
  const listener = disposed(await listen(transport === 'tcp' ? 'tcp://127.0.0.1:0' : scratchPath()));
  await fc.assert(
    fc.asyncProperty(writes, async (steps) => {
      const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
      expect(await through(a, b, steps)).toEqual(expected(steps));
      await Promise.all([a.close(), b.close()]);
    }),
    { numRuns: 50 },
  );
});

async function through(a: ByteStream, b: ByteStream, steps: readonly Step[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of b) chunks.push(chunk);
  })();
  let last = Promise.resolve();
  for (const step of steps) {
    if (step === 'cork') a.cork();
    else if (step === 'uncork') a.uncork();
    else if (step === 'flush') {
      for (const other of steps) if (other === 'cork') a.uncork();
      await last;
    } else last = a.write(step);
  }
  await a.shutdown('write');
  await reading;
  return Buffer.concat(chunks);
}

function expected(steps: readonly Step[]): Buffer {
  return Buffer.concat(
    steps
      .filter((step) => step !== 'cork' && step !== 'uncork' && step !== 'flush')
      .map((step) => (typeof step === 'string' ? Buffer.from(step) : step)),
  );
}
