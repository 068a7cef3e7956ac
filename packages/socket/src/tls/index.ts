/** `@wirestack/socket/tls`: TLS on a connection that is open already, and a server's certificate for many connections. */
export { startTls, type StartTlsOptions } from './start-tls.ts';
export { TlsTerminator } from './server-handshake.ts';
export type { SniContext, TlsClientOptions, TlsServerOptions } from './options.ts';
export type { TlsInfo } from './info.ts';
