import type { Address } from '../address.ts';

/** What a proxy says of the connection that it passes on: the PROXY protocol of haproxy, versions 1 and 2. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `LOCAL`: the proxy speaks for itself (a health check), and the addresses are those of the connection. */
  readonly command: 'LOCAL' | 'PROXY';
  /** `unspecified`: the proxy does not know, or will not say (`UNKNOWN`, `UNSPEC`). */
  readonly transport: 'stream' | 'datagram' | 'unspecified';
  /** The client. */
  readonly source: Address | undefined;
  /** Where the client connected to. */
  readonly destination: Address | undefined;
  /** Version 2's additions, as they came: ALPN (0x01), authority (0x02), TLS (0x20) and others. */
  readonly extensions: readonly { readonly type: number; readonly value: Uint8Array }[];
}
