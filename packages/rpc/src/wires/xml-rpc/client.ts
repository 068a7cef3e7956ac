import { createClient, type Client } from '../../client.ts';
import { RpcUsageError } from '../../errors.ts';
import { HttpCaller, type XmlRpcCallOptions, type XmlRpcClientOptions } from './http-caller.ts';
import { callTogether, type CallRecorder, type MulticallResults, type PendingCall } from './multicall.ts';

/**
 * A typed client of an XML-RPC server: `client.kv.get('a')` calls `kv.get`. Nothing is sent before the first call.
 *
 * ```ts
 * const client = xmlRpcClient<typeof api>('http://127.0.0.1:8000/RPC2');
 * await client.add(1, 2);
 * ```
 *
 * Calls reject with RpcFault, if that is the answer; with RpcError `PEER_GONE` `TIMED_OUT` `ABORTED` `TOO_LARGE` `HTTP` `PROTOCOL`; with
 * RpcUsageError for parameters that XML-RPC has no form for.
 *
 * @param url its path is taken as it is: Python's servers answer `/` and `/RPC2`. Name and password become Basic authorization
 * @throws RpcUsageError for a URL that is none of http or https, and for options that are none
 */
export function xmlRpcClient<Target>(url: string | URL, options: XmlRpcClientOptions = {}): Client<Target> {
  const caller = new HttpCaller(url, options);
  const client = createClient<Target>({
    call: (method, params, given) => caller.call(method, params, given),
  }) as Client<Target> & object;
  callers.set(client, caller);
  return client;
}

/**
 * Makes many calls in one request, by `system.multicall`: they run one after the other, and one that fails does not stop the others. The
 * results are in the shape of `Promise.allSettled`; `valuesOf()` makes values of them.
 *
 * ```ts
 * const [sum, value] = valuesOf(await multicall(client, (m) => [m.add(1, 2), m.kv.get('a')]));
 * ```
 *
 * @throws RpcFault where the server knows no multicalls, or refuses this one; otherwise as a call does
 */
export async function multicall<Target extends object, const Calls extends readonly PendingCall<unknown>[]>(
  client: Target,
  build: (recorder: CallRecorder<Target>) => Calls,
  options: XmlRpcCallOptions = {},
): Promise<MulticallResults<Calls>> {
  const caller = callers.get(client);
  if (caller === undefined) throw new RpcUsageError('multicall() takes a client that xmlRpcClient() made');
  return callTogether((method, params, given) => caller.call(method, params, given), build, options);
}

/** What is behind a client, out of the way of the names of its procedures. */
const callers = new WeakMap<object, HttpCaller>();
