/**
 * `@wirestack/socket/proxy-protocol`: the header by which a proxy says on whose behalf it connects, without I/O. `ListenOptions.proxyProtocol`
 * and `ConnectOptions.proxyHeader` are made of it. Source: proxy-protocol.txt of haproxy, versions 1 and 2.
 */
export type { ProxyHeader } from './header.ts';
export { ProxyHeaderDecoder, type ProxyHeaderDecoderOptions } from './decoder.ts';
export { encodeProxyHeader, type EncodeProxyHeaderOptions } from './encode.ts';
export { readProxyHeader, type ReadProxyHeaderOptions } from './read-proxy-header.ts';
export { isTrusted, trustedSources, type TrustedSources } from './trusted-sources.ts';
