import type { CipherNameAndProtocol, DetailedPeerCertificate } from 'node:tls';

/** What a TLS handshake agreed on. */
export interface TlsInfo {
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: CipherNameAndProtocol;
  /** The application protocol both sides agreed on (ALPN, RFC 7301), such as `http/1.1`. */
  readonly alpn: string | undefined;
  /** The name the client asked for (SNI, RFC 6066). */
  readonly servername: string | undefined;
  /** Whether the peer's certificate is signed by an authority that is trusted here. */
  readonly isAuthorized: boolean;
  /** Why it is not. */
  readonly authorizationError: string | undefined;
  /** The session was taken up again: no certificate was exchanged. */
  readonly isResumed: boolean;
  /** The peer's certificate with those of its issuers; `undefined` where it showed none. */
  readonly peerCertificate: DetailedPeerCertificate | undefined;
}
