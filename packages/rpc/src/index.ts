/**
 * `@wirestack/rpc`: one service, many wires. In reading order:
 *
 * - `service.ts`   what can be called: functions, `method()`, `expose()`; `standard-schema.ts` is how parameters are checked
 * - `client.ts`   the typed client over anything that carries calls
 * - `wire.ts`   what a format of calls must do; `wires/json-rpc/` is one
 * - `peer.ts`   a wire on a stream, both ends of it; below it `pending-calls.ts` and `calls-by-id.ts` (ours), `inbound-calls.ts`,
 *   `inbound-context.ts` and `held-messages.ts` (theirs), `outbox.ts`, `peer-options.ts`
 * - `connect.ts` `serve.ts`   peers over the network
 * - `wires/xml-rpc/`   XML-RPC over HTTP; `@wirestack/rpc/xml-rpc`, for those who want it
 * - `errors.ts`   what all of them speak
 */
export { expose, method, service, toFault } from './service.ts';
export type { CallContext, Exposed, Method, MethodOptions, Procedure, Service } from './service.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';
export { createClient, type Caller, type Client, type ClientMethod, type ClientOf } from './client.ts';
export type { CallId, Packet, Wire } from './wire.ts';
export { jsonRpc, type JsonRpcOptions } from './wires/json-rpc/json-rpc.ts';
export type { PeerOptions } from './peer-options.ts';
export { Peer } from './peer.ts';
export { clientOf, connectRpc, peerOf, rpcOver, type ConnectRpcOptions, type RpcClient } from './connect.ts';
export { serveRpc, type RpcServer, type ServeRpcOptions } from './serve.ts';
export { faultCodes, RpcError, RpcFault, RpcUsageError, type RpcErrorCode } from './errors.ts';
