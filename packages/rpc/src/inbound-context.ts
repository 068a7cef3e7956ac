import type { Caller } from './client.ts';
import { RpcFault } from './errors.ts';
import type { CallContext } from './service.ts';
import type { Packet } from './wire.ts';

/** The signal is made when it is asked for: most procedures never do, and it costs more than a call. */
export class InboundContext implements CallContext {
  readonly method: string;
  readonly isNotification: boolean;
  readonly peer: Caller;
  #controller: AbortController | undefined;
  #reason: { readonly error: unknown } | undefined;

  constructor(call: Extract<Packet, { kind: 'call' }>, peer: Caller) {
    this.method = call.method;
    this.isNotification = call.id === undefined;
    this.peer = peer;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.error);
    }
    return this.#controller.signal;
  }

  abort(error: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = { error };
    this.#controller?.abort(error);
  }

  /** The fault of the cancellation, where that is why the procedure failed. */
  cancelledBy(error: unknown): RpcFault | undefined {
    const reason = this.#reason?.error;
    return !(error instanceof RpcFault) && reason instanceof RpcFault ? reason : undefined;
  }
}
