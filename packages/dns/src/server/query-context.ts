import type { Address } from '@wirestack/socket';
import type { Message } from '../message/message.ts';

/** Where a query comes from. */
export interface QueryContext {
  readonly transport: 'udp' | 'tcp';
  readonly remoteAddress: Address;
  /** Aborted when the answer comes too late, the TCP client leaves, or the server ends. */
  readonly signal: AbortSignal;
}

/** Answers a query; `undefined` to say nothing, as to an attack. `respond(query, …)` makes the answer. */
export type DnsHandler = (
  query: Message,
  context: QueryContext,
) => Message | undefined | Promise<Message | undefined>;

/** The signal is made when it is asked for: a handler that answers at once needs none. */
export class RunningQuery implements QueryContext {
  readonly transport: 'udp' | 'tcp';
  readonly remoteAddress: Address;
  /** Its handler took longer than it may. */
  isLate = false;
  #controller: AbortController | undefined;
  #reason: { readonly error: unknown } | undefined;

  constructor(transport: 'udp' | 'tcp', remoteAddress: Address) {
    this.transport = transport;
    this.remoteAddress = remoteAddress;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.error);
    }
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  abort(error: unknown): void {
    this.#reason ??= { error };
    this.#controller?.abort(error);
  }
}
