import type { Application } from '../application.ts';
import { FrontServerError } from '../errors.ts';
import { startApplication } from '../lifespan.ts';
import type { InputSource } from '../input-stream.ts';
import { run } from '../run.ts';
import { isWhole, serverError, writeCgiResponse } from './cgi-response.ts';
import { environOfVariables } from './variables-environ.ts';

/** What a web server gives a CGI program. Default: this process's. */
export interface CgiProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The request body; no more than `CONTENT_LENGTH` bytes are taken of it. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  /** As a stream of Node: `callback` when it has taken the bytes. */
  readonly stdout?: { write(bytes: Uint8Array | string, callback: (error?: Error | null) => void): unknown };
  readonly stderr?: { write(text: string): unknown };
}

/**
 * Runs an application for the one request of a CGI program (RFC 3875; `wsgiref.handlers.CGIHandler`): variables from the environment, the body from the
 * standard input, the answer to the standard output. Under Apache, `http.server --cgi`, `cgiScripts`, or anything that starts programs:
 *
 * ```ts
 * #!/usr/bin/env node
 * import { runAsCgi } from '@wirestack/gateway';
 * import { application } from './application.js';
 * await runAsCgi(application);
 * ```
 *
 * What the application throws before its head goes to the standard error, and the client gets 500. Its lifespan starts and stops with the request.
 *
 * @throws what the application throws later, for then the answer is not complete: the program should end with a code that is not 0
 */
export async function runAsCgi(app: Application, given: CgiProcess = {}): Promise<void> {
  const {
    env = process.env,
    stdin = process.stdin,
    stdout = process.stdout,
    stderr = process.stderr,
  } = given;
  const variables = variablesOf(env);
  const gone = new AbortController();
  const write = (bytes: Uint8Array | string): Promise<void> =>
    new Promise((resolve, reject) => {
      stdout.write(bytes, (error) => {
        if (error === undefined || error === null) {
          resolve();
          return;
        }
        gone.abort(error);
        reject(error);
      });
    });
  const input = new ProgramInput(stdin, variables);
  const environ = environOfVariables(variables, {
    scriptName: '',
    isPlaceGiven: true,
    signal: gone.signal,
    input,
    errors: {
      write: (text) => {
        stderr.write(text);
      },
      flush: () => undefined,
    },
  });
  environ['wsgi.run_once'] = true;
  const stop = await startApplication(app);
  try {
    let response;
    try {
      response = await run(app, environ);
    } catch (error) {
      stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
      response = serverError;
    }
    const answered = writeCgiResponse(response, environ.REQUEST_METHOD === 'HEAD', write);
    // Who answers with a whole body reads no more, and Apache takes no answer before it has passed on all of the request's.
    if (isWhole(response.body)) await Promise.all([answered, input.drain()]);
    else await answered;
  } finally {
    await input.drain();
    await stop();
  }
}

/** Octets as characters: the environment comes decoded as UTF-8. */
function variablesOf(env: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(env))
    if (value !== undefined) variables.set(name, Buffer.from(value).toString('latin1'));
  return variables;
}

/**
 * The body of the request. Without a CONTENT_LENGTH there is none (RFC 3875 4.2), but that Apache passes on bodies of chunks, without their framing, up to the end of the
 * input. What stands behind the length is nobody's.
 */
class ProgramInput implements InputSource {
  readonly #stdin: AsyncIterable<Uint8Array | string>;
  #iterator: AsyncIterator<Uint8Array | string> | undefined;
  #left: number;

  constructor(stdin: AsyncIterable<Uint8Array | string>, variables: ReadonlyMap<string, string>) {
    this.#stdin = stdin;
    const length = variables.get('CONTENT_LENGTH') ?? '';
    const isInChunks = length === '' && /\bchunked\s*$/i.test(variables.get('HTTP_TRANSFER_ENCODING') ?? '');
    this.#left = isInChunks ? Infinity : /^\d{1,15}$/.test(length) ? Number(length) : 0;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    this.#iterator ??= this.#stdin[Symbol.asyncIterator]();
    const step = await this.#iterator.next();
    if (step.done === true) {
      const isShort = this.#left < Infinity;
      this.#left = 0;
      if (isShort) throw new FrontServerError('CGI', 'the body is shorter than its CONTENT_LENGTH');
      return undefined;
    }
    const bytes = typeof step.value === 'string' ? Buffer.from(step.value) : step.value;
    const taken = bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    if (this.#left === 0) await this.#iterator.return?.();
    return taken;
  }

  /** Reads what the application left: Apache's input is a socket, and to close that on unread bytes takes the answer with it. */
  async drain(): Promise<void> {
    try {
      while ((await this.read()) !== undefined);
    } catch {
      // The application has had its answer out: a body that ends early is nobody's any more.
    }
  }
}
