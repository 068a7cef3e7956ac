import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** How a program ended, and what it said. */
export interface Ended {
  /** The exit code; `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Default: nothing, and its end. */
  readonly input?: string | Uint8Array;
  /** Then the program is killed, and what waits for it rejects. Default 30,000. */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program that runs beside the test. It never outlives its time limit. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  readonly #ended: Promise<Ended>;
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;
  #isOverdue = false;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    const { input, timeoutMs = 30_000, env = process.env } = options;
    this.#name = [command, ...args].join(' ').slice(0, 200);
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => {
      this.#isOverdue = true;
      this.#child.kill('SIGKILL');
    }, timeoutMs);
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    this.#child.stderr.setEncoding('latin1').on('data', (text: string) => {
      this.stderr += text;
      this.#wake();
    });
    // A program that ends without reading all of its input is no failure of the test.
    this.#child.stdin.on('error', () => undefined);
    if (input !== undefined) this.#child.stdin.write(input);
    this.#child.stdin.end();
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        clearTimeout(timer);
        this.#hasEnded = true;
        this.#wake();
        if (this.#isOverdue) reject(this.#failure(`did not end within ${String(timeoutMs)} ms`));
        else resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
    this.#ended.catch(() => undefined);
  }

  /** When it has ended by itself. Rejects past the time limit. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** The first match in what it printed, or prints. Rejects where it ends first. */
  async says(pattern: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[where]);
      if (match !== null) return match;
      if (this.#hasEnded) throw this.#failure(`ended and never said ${String(pattern)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, and waits until it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.signal(signal);
    return this.#ended;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #failure(what: string): Error {
    return new Error(`${this.#name} ${what}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`);
  }
}

/** Runs a program to its end. Output is one character a byte. */
export function run(command: string, args: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return new Program(command, args, options).ended();
}

/** Runs a program that must succeed; answers what it printed. */
export async function output(
  command: string,
  args: readonly string[],
  options?: ProgramOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${command} ended with ${String(code)}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`);
}

/** Whether this machine has a program: tests that need one it has not are skipped, and their names say which. */
export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', command], { timeout: 5000 }).status === 0;
}
