import type { Deadline } from '@wirestack/socket';
import type { ProcessInfo } from './process-server.ts';

/** What signals are for: a `ProcessServer`, or any other server. */
export interface SignalledServer {
  drain(deadline?: Deadline): Promise<void>;
  close(): Promise<void>;
  restart?(deadline?: Deadline): Promise<void>;
  resize?(processes: number): Promise<void>;
  readonly processes?: readonly ProcessInfo[];
}

/** Where signals come from: the process. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export interface SignalOptions {
  /** Default: `process`. */
  readonly source?: SignalSource;
  /** For requests that are under way. Default: the server's. */
  readonly drainMs?: number;
  /** Told of a restart or a change of number that failed, and of a drain that did. Default: written to stderr. */
  readonly onError?: (error: unknown) => void;
}

export interface SignalHandling {
  /** Resolves when a signal has ended the server. */
  readonly ended: Promise<void>;
  /** Signals are heard no more. */
  undo(): void;
}

/**
 * Ends, restarts and resizes a server as signals say, as gunicorn does: SIGTERM and SIGINT drain it, a second one closes it; SIGHUP restarts it, or
 * drains what cannot restart, for then the terminal has gone; SIGTTIN is a process more, SIGTTOU one less.
 */
export function handleSignals(server: SignalledServer, options: SignalOptions = {}): SignalHandling {
  const { source = process, drainMs, onError = reportError } = options;
  const impatience = new AbortController();
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let stops = 0;
  const stop = (): void => {
    stops++;
    if (stops > 2) return;
    const deadline = { signal: impatience.signal, ...(drainMs !== undefined && { timeoutMs: drainMs }) };
    if (stops === 1) server.drain(deadline).catch(onError).then(end, end);
    else {
      impatience.abort(new Error('a second signal'));
      server.close().catch(onError).then(end, end);
    }
  };
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = { SIGINT: stop, SIGTERM: stop };
  const unlessStopped = (change: () => Promise<void> | undefined): void => {
    if (stops === 0) change()?.catch(onError);
  };
  listeners.SIGHUP =
    server.restart === undefined
      ? stop
      : () => {
          unlessStopped(() => server.restart?.());
        };
  if (server.resize !== undefined) {
    const by = (step: number) => () => {
      const now = server.processes?.filter(({ state }) => state === 'ready').length ?? 1;
      if (now + step >= 1) unlessStopped(() => server.resize?.(now + step));
    };
    listeners.SIGTTIN = by(1);
    listeners.SIGTTOU = by(-1);
  }
  const entries = Object.entries(listeners) as [NodeJS.Signals, () => void][];
  for (const [signal, listener] of entries) source.on(signal, listener);
  return {
    ended,
    undo: () => {
      for (const [signal, listener] of entries) source.off(signal, listener);
    },
  };
}

function reportError(error: unknown): void {
  console.error(error);
}
