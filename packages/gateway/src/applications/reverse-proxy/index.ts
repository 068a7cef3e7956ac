/**
 * `@wirestack/gateway/reverse-proxy`: requests passed on to other servers.
 *
 * - `reverse-proxy.ts`   the application
 * - `upstreams.ts`   the servers: which is chosen, which are well
 * - `forwarded-fields.ts`   what of the fields goes on, either way
 * - `tunnel.ts`   a connection that has changed its protocol
 */
export { reverseProxy, type ReverseProxyOptions } from './reverse-proxy.ts';
export type { HealthCheckOptions, UpstreamsOptions } from './upstreams.ts';
export type { ForwardedOptions } from './forwarded-fields.ts';
