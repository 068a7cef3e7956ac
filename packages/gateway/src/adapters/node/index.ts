/**
 * `@wirestack/gateway/node`: applications in servers of Node, and programs for those servers as applications. In reading order:
 *
 * - `to-node-listener.ts`   an application as a listener for `node:http`, `node:https`, `node:http2`, Express, Next
 * - `node-environ.ts` `node-response.ts`   its two halves
 * - `from-node-listener.ts`   the other way: Express, Fastify, Koa and other listeners as an application
 * - `detached-exchange.ts` `detached-messages.ts` `detached-socket.ts` `node-target.ts`   the request and the response that they get, without a server of Node
 */
export { fromNodeListener, type FromNodeOptions, type NodeProgram } from './from-node-listener.ts';
export { toNodeListener, type NodeListener, type ToNodeOptions } from './to-node-listener.ts';
