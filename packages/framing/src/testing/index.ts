/**
 * `@wirestack/framing/testing`: is your codec one? For any test runner, or none.
 *
 * ```ts
 * for (const { name, run } of codecContract(sample)) test(name, run);
 * ```
 */
export { checkCodec, codecContract, type CodecSample, type ContractCase } from './check-codec.ts';
