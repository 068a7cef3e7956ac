/** Where text and bytes go: the process's own streams, or what a test looks at. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** False: wait for `drain` before more. */
  write(data: string | Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** What a command runs in. */
export interface Context {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` each time somebody wants the program to end, until the returned function is called. */
  onStop(listener: () => void): () => void;
  /** For a server that other signals mean something to. */
  readonly signals: Signals;
}

/** The process, or what a test says in its place. */
interface Signals {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const processContext: Context = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  onStop: (listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
};
