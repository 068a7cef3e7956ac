import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Application } from '../../application.ts';
import { run } from '../../run.ts';
import { lazyStart } from '../lazy-start.ts';
import { NodeEnviron } from './node-environ.ts';
import { NodeAnswer } from './node-response.ts';

/** What a server of Node tells of a request. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** What it takes the answer by. */
export type NodeResponse = (ServerResponse | Http2ServerResponse) & {
  req?: unknown;
};

export interface ToNodeOptions {
  /** Told of what the application throws, which the client sees as 500, or as the end of the connection. Default: `console.error`. */
  readonly onError?: (error: unknown) => void;
}

/** A listener for `'request'`. */
export interface NodeListener {
  (request: NodeRequest, response: NodeResponse): void;
  /**
   * A listener for `'checkContinue'`: a client that waits for `100 Continue` gets it when the application reads. Without it Node sends it at once.
   */
  readonly checkContinue: (request: NodeRequest, response: NodeResponse) => void;
}

/**
 * An application as a listener of Node's servers: `node:http`, `node:https`, `node:http2` (the compatible interface), Express's `app.use`, servers of Next.
 *
 * ```ts
 * const listener = toNodeListener(app);
 * const server = http.createServer(listener).on('checkContinue', listener.checkContinue);
 * ```
 *
 * Where Express has mounted it, the mount point is `SCRIPT_NAME`. When the client leaves, `wirestack.signal` is aborted and the body closed. A body that is shorter than its
 * Content-Length ends the connection. The lifespan of an application starts with the first request; to stop it is the caller's.
 *
 * @throws TypeError for what is no application
 */
export function toNodeListener(app: Application, options: ToNodeOptions = {}): NodeListener {
  if (typeof app !== 'function') throw new TypeError('toNodeListener takes an application');
  const { onError = reportError } = options;
  const start = lazyStart(app);
  const serve = (request: NodeRequest, response: NodeResponse, mustContinue: boolean): void => {
    const answer = new NodeAnswer(request, response, mustContinue, onError);
    try {
      const environ = new NodeEnviron(request, response, answer);
      const result = start === undefined ? run(app, environ) : start().then(() => run(app, environ));
      if (result instanceof Promise) {
        result.then(
          (one) => {
            answer.send(one);
          },
          (error: unknown) => {
            answer.fail(error);
          },
        );
      } else answer.send(result);
    } catch (error) {
      answer.fail(error);
    }
  };
  const listener = (request: NodeRequest, response: NodeResponse): void => {
    serve(request, response, false);
  };
  const checkContinue = (request: NodeRequest, response: NodeResponse): void => {
    serve(request, response, true);
  };
  return Object.assign(listener, { checkContinue });
}

function reportError(error: unknown): void {
  console.error(error);
}
