import type { ChildProcess } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';
import type { ByteStream } from '../byte-stream.ts';
import { SocketUsageError } from '../errors.ts';
import { fromDuplex, type FromDuplexOptions } from './duplex.ts';

/**
 * A child process as a stream: what is written goes to its standard input, what is read is its standard output. It ends, and `closed`
 * settles, with those two and not with the process: what a child wrote before its exit is still read. Call it in the turn that starts the
 * child, with `stdio: ['pipe', 'pipe', …]`. A child that could not be started fails the stream with `NOT_FOUND` or `PERMISSION`.
 *
 * `abort()` and `close()` close both pipes and do not kill: a child that neither reads nor writes lives on. `close()` right after
 * `shutdown('read')` does not wait for the child to finish.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for a child whose input or output is not a pipe.
 */
export function childStream(
  child: Pick<ChildProcess, 'stdin' | 'stdout' | 'pid' | 'once'>,
  options: FromDuplexOptions = {},
): ByteStream {
  const { stdin, stdout, pid } = child;
  if (stdin === null || stdout === null) {
    throw new SocketUsageError('BAD_ARGUMENT', "the child's stdin and stdout must be pipes");
  }
  const duplex = new JoinedDuplex(stdout, stdin);
  if (pid === undefined) child.once('error', (error) => duplex.destroy(error));
  const name = `child-${String(pid ?? 'none')}`;
  return fromDuplex(duplex, {
    localAddress: options.localAddress ?? { family: 'memory', name: `${name}-stdio` },
    remoteAddress: options.remoteAddress ?? { family: 'memory', name },
  });
}

/**
 * This process's own standard input and output as a stream: what a child, an `inetd` service or a language server speaks through. Nothing else may
 * read `process.stdin`, and nothing else should write to `process.stdout`: `console.log` does.
 *
 * Node never closes descriptor 1. After `shutdown('write')`, `close()` or `abort()` everything has been handed over, but the peer is told of the end
 * only when this process exits; that much of the contract cannot be kept here. To a pipe node writes synchronously on most systems, so that there is no back-pressure: a parent
 * that does not read stops this process. Where standard input and output are one socket, `listen('fd:0')` and
 * its kin keep all of it.
 */
export function stdioStream(): ByteStream {
  return fromDuplex(new JoinedDuplex(process.stdin, process.stdout), {
    localAddress: { family: 'memory', name: 'stdio' },
    remoteAddress: { family: 'memory', name: 'parent' },
  });
}

/** One stream of two that know nothing of each other: over when both are. */
class JoinedDuplex extends Duplex {
  readonly #input: Readable;
  readonly #output: Writable;
  #wanted = false;

  constructor(input: Readable, output: Writable) {
    super({ allowHalfOpen: true });
    this.#input = input;
    this.#output = output;
    // Not 'data': node sets the output of a child flowing when the child exits, whoever has paused it.
    input.on('readable', () => {
      this.#take();
    });
    input.once('end', () => this.push(null));
    for (const half of [input, output]) {
      half.on('error', (error) => this.destroy(error));
    }
    input.once('close', () => {
      if (!input.readableEnded) this.destroy(gone());
    });
    output.once('close', () => {
      if (this.writableFinished) return;
      // Node closes the input of a child that has exited, from 24 on before its output has been read: that comes first.
      if (this.readableEnded) this.destroy(gone());
      else this.once('end', () => this.destroy(gone()));
    });
  }

  override _read(): void {
    this.#wanted = true;
    this.#take();
  }

  #take(): void {
    while (this.#wanted) {
      const chunk = this.#input.read() as Uint8Array | null;
      if (chunk === null) return;
      this.#wanted = this.push(chunk);
    }
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#output.write(chunk, this.#whenLeft(done));
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#output.cork();
    chunks.forEach(({ chunk }, index) => {
      this.#output.write(chunk, index === chunks.length - 1 ? this.#whenLeft(done) : undefined);
    });
    this.#output.uncork();
  }

  /** Node reports no error for a write that was under way when it destroyed the stream itself, as it does when a child exits. */
  #whenLeft(done: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => {
      done(error ?? (this.#output.destroyed ? gone() : null));
    };
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#output.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#input.destroy();
    this.#output.destroy();
    done(error);
  }
}

function gone(): Error {
  return Object.assign(new Error('the other process has closed its end'), { code: 'EPIPE' });
}
