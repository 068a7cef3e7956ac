import type { PeerCertificate, SecureContext, SecureContextOptions } from 'node:tls';

/**
 * TLS as the side that connects. `ca`, `cert`, `key`, `pfx`, `passphrase`, `ciphers`, `minVersion` (default TLSv1.2) and the rest of
 * node's `SecureContextOptions` are node's own; `cert` and `key` are this client's certificate, `ca` replaces the roots that node trusts.
 */
export interface TlsClientOptions extends SecureContextOptions {
  /** The name to ask for (SNI) and to find in the certificate. Default: the host of the address; an IP address is only checked, not sent. */
  readonly servername?: string;
  /** Application protocols offered, the preferred first (ALPN). Default: none. */
  readonly alpn?: readonly string[];
  /** Refuses a certificate that is not trusted, or not of `servername`. Default true: without it there is privacy from nobody who can interfere. */
  readonly rejectUnauthorized?: boolean;
  /** Judges the name in a certificate that is trusted otherwise. Default: RFC 6125, as node has it. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
  /** A session of an earlier connection, to take up again. */
  readonly session?: Uint8Array;
  /**
   * An end of the connection that the peer has not announced (`close_notify`) is an error, `TRUNCATED`, and no end: anybody in between can make
   * one (RFC 8446, section 6.1). Default false: many peers end so, and most protocols say themselves where a message ends. For one that ends
   * with the connection set it; bytes then pass through JavaScript on their way to TLS, which costs a third more CPU in bulk.
   */
  readonly requireCloseNotify?: boolean;
}

/** TLS as the side that is connected to. `cert` and `key`, or `pfx`, are this server's certificate. */
export interface TlsServerOptions extends SecureContextOptions {
  /** Application protocols accepted, the preferred first. A client that offers others only is refused. Default: none is negotiated. */
  readonly alpn?: readonly string[];
  /** Asks the client for a certificate. Default false. */
  readonly requestCert?: boolean;
  /** With `requestCert`: refuses clients without a certificate signed by one of `ca`. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** Chooses the certificate by the name the client asks for; `undefined` takes that of these options. */
  readonly sni?: (servername: string) => SniContext | undefined | Promise<SniContext | undefined>;
  /** A handshake that takes longer is cut off. Default 10,000: three round trips on a bad line, and no more for who never speaks. */
  readonly handshakeTimeoutMs?: number;
  /** As for the side that connects. Default false. */
  readonly requireCloseNotify?: boolean;
}

/** A certificate and its settings: options to make them from, or what `tls.createSecureContext` made. */
export type SniContext = SecureContext | SecureContextOptions;
