import { RpcUsageError } from './errors.ts';
import { requireService, type Service } from './service.ts';

export interface PeerOptions {
  /** What the other side may call. Default: nothing, and every call of theirs is "Method not found". */
  readonly service?: Service;
  /** Milliseconds for a call that has no deadline of its own; Infinity for none. Default 30,000, gRPC's advice that there always be one. */
  readonly timeoutMs?: number;
  /** The most calls of ours without an answer. One more is refused with `TOO_MANY_CALLS`. Default 65,536. */
  readonly maxPending?: number;
  /** The most calls of theirs that run at the same time; then only what may hold an answer to ours is read. Default 1,024. */
  readonly maxInFlight?: number;
  /** The most bytes that wait for a peer that does not read; then the connection is aborted. Default 64 MiB. */
  readonly maxBufferedBytes?: number;
  /** Whether the message of an error that is no `RpcFault` is told to the caller. Default false: it may hold what is none of theirs. */
  readonly exposeErrors?: boolean;
  /** Told what a procedure of ours threw that is no `RpcFault`, and what the other side sent that makes no sense. Default: nobody is. */
  readonly onError?: (error: unknown, method: string | undefined) => void;
}

/** {@link PeerOptions} with every default. */
export interface PeerSettings {
  readonly service: Service | undefined;
  readonly timeoutMs: number;
  readonly maxPending: number;
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
  readonly exposeErrors: boolean;
  readonly onError: (error: unknown, method: string | undefined) => void;
}

/** @throws RpcUsageError for limits that are none, and for a service that `service()` did not make. */
export function settlePeer(options: PeerOptions): PeerSettings {
  const { timeoutMs = 30_000, maxPending = 65_536, maxInFlight = 1024 } = options;
  const { maxBufferedBytes = 64 * 1024 * 1024 } = options;
  for (const [name, value] of Object.entries({ timeoutMs, maxPending, maxInFlight, maxBufferedBytes })) {
    if (!(value >= 1)) throw new RpcUsageError(`${name} is ${String(value)}, expected 1 or more`);
  }
  return {
    service: options.service === undefined ? undefined : requireService(options.service),
    timeoutMs,
    maxPending,
    maxInFlight,
    maxBufferedBytes,
    exposeErrors: options.exposeErrors ?? false,
    onError: options.onError ?? (() => undefined),
  };
}
