import { EventEmitter } from 'node:events';
import type { Context, Output } from '../src/context.ts';
import { runCli } from '../src/cli.ts';

/** Keeps what is written, and tells who waits for some of it. */
class Recorded implements Output {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly #pieces: Buffer[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get text(): string {
    return this.bytes.toString();
  }

  write(data: string | Uint8Array): boolean {
    this.#pieces.push(Buffer.from(data));
    for (const watcher of this.#watchers) watcher();
    return true;
  }

  once(): void {
    throw new Error('it is never full');
  }

  /** The first match of `pattern` in what was, or will be, written. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found !== null) return found;
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
    }
  }
}

export interface Run {
  readonly stdout: Recorded;
  readonly stderr: Recorded;
  readonly code: Promise<number>;
  /** As Ctrl-C does. */
  stop(): void;
  /** As `kill -HUP` does. */
  signal(name: NodeJS.Signals): void;
}

export interface RunOptions {
  readonly env?: Context['env'];
  /** Standard error is a terminal; `all`: standard output, too. */
  readonly terminal?: 'stderr' | 'all';
}

/** Runs the program in this process. */
export function start(args: readonly string[], { env = {}, terminal }: RunOptions = {}): Run {
  const stdout = new Recorded(terminal === 'all');
  const stderr = new Recorded(terminal !== undefined);
  const listeners = new Set<() => void>();
  const signals = new EventEmitter();
  const context: Context = {
    stdout,
    stderr,
    env,
    onStop: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signals,
  };
  const code = runCli(args, context);
  return {
    stdout,
    stderr,
    code,
    stop: () => {
      for (const listener of listeners) listener();
      signals.emit('SIGINT');
    },
    signal: (name) => {
      signals.emit(name);
    },
  };
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runToEnd(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  const run = start(args, options);
  const code = await run.code;
  return { code, out: run.stdout.text, err: run.stderr.text };
}
