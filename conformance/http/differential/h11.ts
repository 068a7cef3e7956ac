import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { pieces, type Reader, type Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** Debian's own: a package of Debian's is there for no other. */
export const pythonOfH11 = '/usr/bin/python3';

/** h11 in one process of Python for all cases. */
export class H11 implements Reader {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { resolve(reading: Reading): void; reject(error: Error): void }[] = [];
  readonly #ended: Promise<void>;
  readonly #isClient: boolean;

  /** @param end whose end of a connection it plays; @param script `h11_peer.py`, where it is not beside this file */
  constructor(end: 'server' | 'client', script = fileURLToPath(new URL('h11_peer.py', import.meta.url))) {
    this.#isClient = end === 'client';
    this.#child = spawn(pythonOfH11, ['-I', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => undefined);
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Reading);
    });
    this.#ended = new Promise((resolve) => {
      this.#child
        .once('error', (error) => this.#fail(error))
        .once('close', (code) => {
          this.#fail(new Error(`h11_peer.py ended with ${String(code)}`));
          resolve();
        });
    });
  }

  read(input: Case): Promise<Reading> {
    const all = pieces(input);
    const role = this.#isClient ? `C${(input.method ?? 'GET').padEnd(8)}` : 'S';
    const count = Buffer.alloc(4);
    count.writeUInt32BE(all.length);
    const parts = all.flatMap((piece) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      return [length, piece];
    });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(Buffer.concat([Buffer.from(role), count, ...parts]));
    });
  }

  close(): Promise<void> {
    this.#child.stdin.end();
    return this.#ended;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
