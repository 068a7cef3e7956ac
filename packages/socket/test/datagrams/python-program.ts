import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A script for Python's standard library, which nobody of this project wrote. It is killed with the test. */
export class PythonProgram {
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, args: readonly string[] = []) {
    const child: ChildProcess = spawn('python3', ['-c', script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: Interface = createInterface(child.stdout!);
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('python3 has ended');
    return next.value;
  }
}
