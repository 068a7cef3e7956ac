import type { Deadline } from '@wirestack/socket';
import type { PendingCalls } from './pending-calls.ts';
import type { Wire } from './wire.ts';

/** One of a batch. */
export interface BatchedCall {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Whether no answer is wanted. Default false. */
  readonly notify?: boolean;
}

/** The messages of a batch, and what its calls resolve to; those that cannot be made are rejected, and the others are. */
export interface OutboundBatch {
  /** Of the calls that wait now. */
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly results: readonly (Promise<unknown> | undefined)[];
}

/** @throws RpcUsageError for a notification that the wire has no form for. No call waits then. */
export function makeBatch(
  wire: Wire,
  pending: PendingCalls,
  calls: readonly BatchedCall[],
  options: Deadline | undefined,
): OutboundBatch {
  // Before any call waits: what throws here has no promise to reject.
  const notifications = calls.map(({ method, params, notify }) =>
    notify === true ? wire.notification(method, params) : undefined,
  );
  const ids: number[] = [];
  const texts: string[] = [];
  const results = calls.map(({ method, params }, index) => {
    const notification = notifications[index];
    if (notification !== undefined) {
      texts.push(notification);
      return undefined;
    }
    const id = pending.nextId;
    try {
      const text = wire.call(id, method, params);
      const result = pending.add(options);
      ids.push(id);
      texts.push(text);
      return result;
    } catch (error) {
      return rejected(error);
    }
  });
  return { ids, texts, results };
}

export function rejected(error: unknown): Promise<never> {
  return Promise.reject(error instanceof Error ? error : new Error(String(error)));
}
