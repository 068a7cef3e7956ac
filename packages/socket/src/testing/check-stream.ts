import { endingCases } from './check-ending.ts';
import { pushCases } from './check-push.ts';
import { readingCases } from './check-reading.ts';
import { writingCases } from './check-writing.ts';
import type { ContractCase, StreamPairFactory } from './contract-case.ts';

/** Every sentence of the `ByteStream` contract as a case of its own: `for (const { name, run } of streamContract) test(name, …)`. */
export const streamContract: readonly ContractCase[] = [
  ...readingCases,
  ...writingCases,
  ...pushCases,
  ...endingCases,
];

/**
 * Runs the whole contract, one case after the other, each on fresh pairs; an end is checked as `a` and as `b`.
 *
 * @throws AggregateError with one error for each case that failed, whose message begins with the case's name.
 */
export async function checkStream(makePair: StreamPairFactory): Promise<void> {
  const failures: Error[] = [];
  for (const contractCase of streamContract) {
    try {
      await contractCase.run(makePair);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push(new Error(`${contractCase.name}: ${why}`, { cause: error }));
    }
  }
  if (failures.length > 0) {
    const names = failures.map((failure) => failure.message).join('\n');
    throw new AggregateError(
      failures,
      `${String(failures.length)} of ${String(streamContract.length)} cases failed:\n${names}`,
    );
  }
}
