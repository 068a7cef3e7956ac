import type { Codec } from '@wirestack/framing';
import type { RpcFault } from './errors.ts';

/** What tells a call's answer from others': any string or number, or `null`, which some peers send. */
export type CallId = number | string | null;

/** A message that came in. */
export type Packet =
  /** `id` is `undefined` for a notification. */
  | {
      readonly kind: 'call';
      readonly id: CallId | undefined;
      readonly method: string;
      readonly params: readonly unknown[];
      /** Parameters that came by name, as one object; `params` then holds that object alone. */
      readonly named: boolean;
    }
  | { readonly kind: 'cancel'; readonly id: CallId }
  | { readonly kind: 'result'; readonly id: CallId; readonly value: unknown }
  | { readonly kind: 'fault'; readonly id: CallId; readonly fault: RpcFault }
  /** No message of the protocol: answered with `fault`, where the protocol has an answer for that. */
  | { readonly kind: 'invalid'; readonly id: CallId; readonly fault: RpcFault };

/**
 * What a format of calls must do to be carried by a {@link Peer}: where messages end in the stream, and what they look like. Without I/O.
 * Texts go out as UTF-8.
 */
export interface Wire {
  readonly name: string;
  /** Where one message ends. Its limit is the limit for messages. */
  readonly framing: Codec<Uint8Array>;
  /** What a message says; an array where it is a batch. Never throws: what is no message is `'invalid'`. */
  decode(message: Uint8Array): Packet | readonly Packet[];
  /** @throws RpcUsageError for parameters that the format has no form for. */
  call(id: number, method: string, params: readonly unknown[]): string;
  notification(method: string, params: readonly unknown[]): string;
  /** Tells the peer that nobody waits for the answer; absent where the format cannot. */
  cancel?(id: number): string;
  /** @throws RpcUsageError for a value that the format has no form for. */
  result(id: CallId, value: unknown): string;
  fault(id: CallId, fault: RpcFault): string;
  /** Joins messages to one; absent where the format has no batches. */
  batch?(messages: readonly string[]): string;
}
