import type { Application } from '../application.ts';
import { FrontServerError } from '../errors.ts';
import { startApplication } from '../lifespan.ts';
import { run } from '../run.ts';
import { serverErrorPage, writeCgiResponse } from './cgi-response.ts';
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
  const environ = environOfVariables(variables, {
    scriptName: '',
    isPlaceGiven: true,
    signal: gone.signal,
    input: inputOf(stdin, variables),
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
      await write(serverErrorPage);
      return;
    }
    await writeCgiResponse(response, environ.REQUEST_METHOD === 'HEAD', write);
  } finally {
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

/** Without a CONTENT_LENGTH there is no body (RFC 3875 4.2); what stands behind it is nobody's. */
function inputOf(
  stdin: AsyncIterable<Uint8Array | string>,
  variables: ReadonlyMap<string, string>,
): { read(): Promise<Uint8Array | undefined> } {
  const text = variables.get('CONTENT_LENGTH') ?? '';
  let left = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  let iterator: AsyncIterator<Uint8Array | string> | undefined;
  return {
    read: async () => {
      if (left === 0) return undefined;
      iterator ??= stdin[Symbol.asyncIterator]();
      const step = await iterator.next();
      if (step.done === true)
        throw new FrontServerError('CGI', 'the body is shorter than its CONTENT_LENGTH');
      const bytes = typeof step.value === 'string' ? Buffer.from(step.value) : step.value;
      const taken = bytes.subarray(0, left);
      left -= taken.length;
      if (left === 0) await iterator.return?.();
      return taken;
    },
  };
}
