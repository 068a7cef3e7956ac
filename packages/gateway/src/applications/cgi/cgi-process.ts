import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Environ, ErrorStream } from '../../environ.ts';
import { CgiHeadError, endOfHead, readHead, type CgiHead } from './cgi-head.ts';
import type { CgiSettings } from './cgi-options.ts';
import { interpreterOf, workingDirectoryOf, type Script } from './find-script.ts';

/** `TIMEOUT` it took too long; `BAD_OUTPUT` what it printed is no answer, or it could not be started; `TOO_LARGE` the body of the request. */
export type CgiErrorCode = 'TIMEOUT' | 'BAD_OUTPUT' | 'TOO_LARGE';

/** A program that did not answer as it should. */
export class CgiError extends Error {
  override readonly name = 'CgiError';
  readonly code: CgiErrorCode;

  constructor(code: CgiErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Of what a program complains, bytes that are passed on. */
const maxErrorBytes = 65_536;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** One run of a program: its head first, then, as an iterable, its body. */
export class CgiProcess implements AsyncIterable<Uint8Array> {
  readonly #settings: CgiSettings;
  readonly #script: Script;
  readonly #errors: ErrorStream;
  readonly #ended: () => void;
  #child: Child | undefined;
  #output: AsyncIterator<Buffer> | undefined;
  /** Behind the head, and read together with it. */
  #rest: Uint8Array = new Uint8Array(0);
  #exit: Promise<string | undefined> = Promise.resolve(undefined);
  #hasEnded = false;
  #isStopped = false;

  /** @param ended called once, when it is gone or was never there */
  constructor(settings: CgiSettings, script: Script, errors: ErrorStream, ended: () => void) {
    this.#settings = settings;
    this.#script = script;
    this.#errors = errors;
    this.#ended = ended;
  }

  /** Starts it, feeds it the body of the request, and reads its head. @throws CgiError */
  async run(variables: Record<string, string>, environ: Environ): Promise<CgiHead> {
    const input = await this.#inputOf(variables, environ);
    const child = this.#start(variables);
    const signal = environ['wirestack.signal'];
    const onAbort = (): void => {
      this.stop();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void this.#exit.then(() => {
      signal.removeEventListener('abort', onAbort);
    });
    if (signal.aborted) this.stop();
    feed(child.stdin, input);
    return this.#within(this.#settings.headTimeoutMs, this.#readHead());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { maxBodyBytes, bodyTimeoutMs } = this.#settings;
    let bytes = 0;
    for (
      let chunk: Uint8Array | undefined = this.#rest;
      chunk !== undefined;
      chunk = await this.#within(bodyTimeoutMs, this.#read())
    ) {
      const left = maxBodyBytes - bytes;
      bytes += chunk.length;
      if (chunk.length > 0) yield chunk.length > left ? chunk.subarray(0, left) : chunk;
      if (bytes > maxBodyBytes) throw new CgiError('BAD_OUTPUT', `more than ${String(maxBodyBytes)} bytes`);
    }
    const failure = await this.#within(bodyTimeoutMs, this.#exit);
    if (failure !== undefined && !this.#isStopped) throw new CgiError('BAD_OUTPUT', failure);
  }

  close(): void {
    this.stop();
  }

  /** Ends the program with all that it has started, if it has not ended yet. */
  stop(): void {
    if (this.#isStopped || this.#hasEnded) return;
    this.#isStopped = true;
    const child = this.#child;
    if (child === undefined) {
      this.#over();
      return;
    }
    child.stdout.destroy();
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
    }, this.#settings.killAfterMs);
    void this.#exit.then(() => {
      clearTimeout(timer);
      // The program is gone; what it started may not be.
      signalGroup(child, 'SIGKILL');
    });
  }

  #start(variables: Record<string, string>): Child {
    const { file } = this.#script;
    const interpreter = interpreterOf(file, this.#settings.interpreters);
    const child = spawn(interpreter ?? file, interpreter === undefined ? [] : [file], {
      cwd: workingDirectoryOf(this.#script),
      env: variables,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that its children end with it.
      detached: true,
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve(`could not be run: ${error.message}`);
      });
      child.once('close', (code, signal) => {
        resolve(code === 0 ? undefined : `ended with ${signal ?? String(code)}`);
      });
    });
    void this.#exit.then(() => {
      this.#over();
    });
    child.stdin.on('error', () => undefined);
    child.stdout.on('error', () => undefined);
    this.#output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#passErrors(child.stderr);
    return child;
  }

  #passErrors(stderr: Readable): void {
    let bytes = 0;
    stderr.on('error', () => undefined);
    stderr.setEncoding('utf8').on('data', (text: string) => {
      if (bytes >= maxErrorBytes) return;
      bytes += text.length;
      this.#errors.write(text.slice(0, maxErrorBytes));
    });
  }

  async #readHead(): Promise<CgiHead> {
    const { maxHeadBytes } = this.#settings;
    let bytes = this.#rest;
    for (let end = -1; ; end = endOfHead(bytes)) {
      if (end >= 0) {
        this.#rest = bytes.subarray(end);
        return this.#parse(bytes.subarray(0, end));
      }
      if (bytes.length > maxHeadBytes)
        throw new CgiError('BAD_OUTPUT', `a head of more than ${String(maxHeadBytes)} bytes`);
      const chunk = await this.#read();
      if (chunk === undefined) {
        const failure = await this.#exit;
        throw new CgiError('BAD_OUTPUT', failure ?? 'ended without a head');
      }
      bytes = Buffer.concat([bytes, chunk]);
    }
  }

  #parse(bytes: Uint8Array): CgiHead {
    try {
      return readHead(Buffer.from(bytes).toString('latin1'), this.#script.isNonParsed);
    } catch (error) {
      if (error instanceof CgiHeadError) throw new CgiError('BAD_OUTPUT', error.message);
      throw error;
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    const step = await this.#output?.next();
    return step === undefined || step.done === true ? undefined : step.value;
  }

  /** The body of the request; one whose length is not known is read first, for the program has to be told. */
  async #inputOf(
    variables: Record<string, string>,
    environ: Environ,
  ): Promise<AsyncIterable<Uint8Array> | Uint8Array> {
    const input = environ['wsgi.input'];
    if (variables['CONTENT_LENGTH'] !== undefined) return input;
    const { maxBufferedBytes } = this.#settings;
    const bytes = await input.read(maxBufferedBytes + 1);
    if (bytes.length > maxBufferedBytes)
      throw new CgiError(
        'TOO_LARGE',
        `a request body of unknown length above ${String(maxBufferedBytes)} bytes`,
      );
    if (bytes.length > 0) variables['CONTENT_LENGTH'] = String(bytes.length);
    return bytes;
  }

  async #within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new CgiError('TIMEOUT', `nothing came for ${String(timeoutMs)} ms`));
        this.stop();
      }, timeoutMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  #over(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended();
  }
}

/** With back-pressure, and until the program takes no more: it need not read what it was sent. */
function feed(stdin: Writable, input: AsyncIterable<Uint8Array> | Uint8Array): void {
  const write = async (): Promise<void> => {
    if (input instanceof Uint8Array) {
      stdin.end(input);
      return;
    }
    for await (const chunk of input) {
      if (stdin.destroyed) return;
      if (stdin.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        stdin.once('drain', resolve).once('close', resolve);
      });
    }
    stdin.end();
  };
  // A client that left half-way: the program sees the end of its input, and is stopped.
  write().catch(() => stdin.destroy());
}

function signalGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone, and its group with it.
  }
}
