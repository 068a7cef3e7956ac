/**
 * `@wirestack/socket/testing`: the contract of `ByteStream` as cases that any test runner can run, for implementations written
 * elsewhere too. For tests only. In reading order:
 *
 * - `check-stream.ts`   every case in one list, and a way to run them all
 * - `check-reading.ts` `check-writing.ts` `check-push.ts` `check-ending.ts`   the cases, by theme
 * - `contract-case.ts`   how a case gets its streams, and what guards it against hanging
 * - `recording-receiver.ts`   a push-mode receiver that can be awaited
 */
export { checkStream, streamContract } from './check-stream.ts';
export type { ContractCase, StreamPair, StreamPairFactory } from './contract-case.ts';
export { faultStream, type FaultStreamOptions } from './fault-stream.ts';
export { datagramPair, type DatagramPairOptions, type FaultyDatagramSocket } from './datagram-pair.ts';
export type { DatagramFaultCounts, DatagramFaultOptions } from './datagram-faults.ts';
