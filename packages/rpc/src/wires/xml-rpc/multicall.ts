import { RpcError, RpcUsageError, type RpcFault } from '../../errors.ts';
import { toRpcFault } from './decoder.ts';
import type { XmlRpcCallOptions } from './http-caller.ts';
import type { XmlRpcValue } from './values.ts';

/** A call that was written down, to be sent with others. `Result` is what its answer will be. */
export interface PendingCall<Result> {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Never there: it keeps the type. */
  readonly result?: Result;
}

/** A client whose procedures write down their calls instead of making them. */
export type CallRecorder<Client> = {
  readonly [Name in keyof Client]: Client[Name] extends (...params: infer Params) => infer Result
    ? (...params: Params) => PendingCall<Awaited<Result>>
    : CallRecorder<Client[Name]>;
};

/** How one call of a multicall ended, in the shape of `Promise.allSettled`: the others ran all the same. */
export type MulticallResult<Result> =
  | { readonly status: 'fulfilled'; readonly value: Result }
  | { readonly status: 'rejected'; readonly reason: RpcFault };

/** The results of calls, in their order. */
export type MulticallResults<Calls extends readonly PendingCall<unknown>[]> = {
  -readonly [Index in keyof Calls]: MulticallResult<
    Calls[Index] extends PendingCall<infer Result> ? Result : never
  >;
};

/** The values of results, in their order. */
export type MulticallValues<Results extends readonly MulticallResult<unknown>[]> = {
  -readonly [Index in keyof Results]: Extract<Results[Index], { status: 'fulfilled' }>['value'];
};

/**
 * The values alone, where all calls are expected to have gone well.
 *
 * @throws RpcFault, of the first call that did not
 */
export function valuesOf<const Results extends readonly MulticallResult<unknown>[]>(
  results: Results,
): MulticallValues<Results> {
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }) as MulticallValues<Results>;
}

/** What carries the calls: `system.multicall` among them. */
export type RawCall = (
  method: string,
  params: readonly unknown[],
  options: XmlRpcCallOptions,
) => Promise<XmlRpcValue>;

/** Writes down the calls of `build`, makes them in one, and hands out the results. */
export async function callTogether<Client, Calls extends readonly PendingCall<unknown>[]>(
  call: RawCall,
  build: (recorder: CallRecorder<Client>) => Calls,
  options: XmlRpcCallOptions,
): Promise<MulticallResults<Calls>> {
  const calls = build(recorderAt('') as CallRecorder<Client>);
  if (!calls.every((one) => one instanceof RecordedCall)) {
    throw new RpcUsageError(
      'a multicall is made of the calls of the client it is given: (m) => [m.add(1, 2)]',
    );
  }
  // Some servers take an empty one for an error; there is nothing to ask.
  if (calls.length === 0) return [] as unknown as MulticallResults<Calls>;
  const params = calls.map((one) => ({ methodName: one.method, params: one.params }));
  const answer = await call('system.multicall', [params], options);
  if (!Array.isArray(answer) || answer.length !== calls.length) {
    throw new RpcError('PROTOCOL', `the answer has no results for ${String(calls.length)} calls`);
  }
  return answer.map(toResult) as unknown as MulticallResults<Calls>;
}

class RecordedCall implements PendingCall<unknown> {
  readonly method: string;
  readonly params: readonly unknown[];

  constructor(method: string, params: readonly unknown[]) {
    this.method = method;
    this.params = params;
  }
}

/** `m.kv.get('a')` → the call of `kv.get`. */
function recorderAt(path: string): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) =>
      typeof name === 'string' ? recorderAt(path === '' ? name : `${path}.${name}`) : undefined,
    apply: (_, __, params: unknown[]) => new RecordedCall(path, params),
  });
}

/** `[value]`, or the struct of a fault. */
function toResult(entry: XmlRpcValue): MulticallResult<XmlRpcValue> {
  if (Array.isArray(entry) && entry.length === 1)
    return { status: 'fulfilled', value: entry[0] as XmlRpcValue };
  const reason = toRpcFault(entry);
  if (reason === undefined)
    throw new RpcError('PROTOCOL', 'a result of a multicall is neither a value nor a fault');
  return { status: 'rejected', reason };
}
