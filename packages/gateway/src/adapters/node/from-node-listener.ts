import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from '../../application.ts';
import { withLifespan } from '../../lifespan.ts';
import { DetachedExchange } from './detached-exchange.ts';

type RequestListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A program for servers of Node: a listener for `'request'`, as an application of Express is one; an application of Koa, of Fastify; a server that does not listen. */
export type NodeProgram =
  | RequestListener
  | { callback(): RequestListener }
  | { routing: RequestListener; ready(): PromiseLike<unknown>; close(): PromiseLike<unknown> }
  | { emit(event: 'request', request: IncomingMessage, response: ServerResponse): boolean };

/** What the objects of Node cannot ask of an environ. */
export interface FromNodeOptions {
  /** Bytes of a response that are kept before it begins, so that one that ends at once goes out with its length. Default 65,536. */
  readonly wholeBytes?: number;
}

/**
 * A program for servers of Node as an application.
 *
 * ```ts
 * const shop = express().get('/', (request, response) => void response.send('hello'));
 * const server = await makeServer('127.0.0.1:8000', mount({ '/shop': fromNodeListener(shop), '/': pages }));
 * ```
 *
 * It gets real objects of `node:http` on a socket that is none: `request.socket` knows the addresses and whether it is TLS, and ends with the client; it is no `net.Socket`. Both
 * bodies stream with back-pressure. Where it is mounted, `request.url` is the rest of the path, `originalUrl` the whole, and `baseUrl` where it is mounted, as Express has them. A
 * listener that throws, or whose promise rejects, before it answers is answered with 500 by the server.
 *
 * Different from a server of Node: a head that was flushed goes out with the first bytes of the body; trailers of the response are dropped; fields of the connection and
 * `Transfer-Encoding` are the server's; there is no `upgrade`. Fastify is made ready with the server, and closed with it.
 *
 * @throws TypeError for what is none of these; RangeError for `wholeBytes` below zero
 */
export function fromNodeListener(program: NodeProgram, options: FromNodeOptions = {}): Application {
  const { wholeBytes = 65_536 } = options;
  if (!(wholeBytes >= 0)) throw new RangeError('wholeBytes is a count of bytes');
  if (typeof program === 'object' && 'routing' in program) return fromFastify(program, wholeBytes);
  const listener = listenerOf(program);
  return (environ, startResponse) => new DetachedExchange(environ, startResponse, wholeBytes).begin(listener);
}

function listenerOf(program: Exclude<NodeProgram, { routing: unknown }>): RequestListener {
  if (typeof program === 'function') return program;
  const given: unknown = program;
  if (typeof given === 'object' && given !== null) {
    if ('callback' in program && typeof program.callback === 'function') return program.callback();
    if ('emit' in program && typeof program.emit === 'function') {
      return (request, response) => {
        if (!program.emit('request', request, response))
          throw new TypeError('the server has no listener for requests');
      };
    }
  }
  throw new TypeError('fromNodeListener takes a listener, or an application of Express, Koa or Fastify');
}

/** It must be ready before it routes: with the server, or else before the first request. */
function fromFastify(program: Extract<NodeProgram, { routing: unknown }>, wholeBytes: number): Application {
  let isReady = false;
  const ready = async (): Promise<void> => {
    await program.ready();
    isReady = true;
  };
  const app: Application = (environ, startResponse) => {
    const begin = () => new DetachedExchange(environ, startResponse, wholeBytes).begin(program.routing);
    return isReady ? begin() : ready().then(begin);
  };
  return withLifespan(app, {
    start: ready,
    stop: async () => {
      await program.close();
    },
  });
}
