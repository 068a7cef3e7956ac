import type { CipherNameAndProtocol, DetailedPeerCertificate, TLSSocket } from 'node:tls';

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
  /** Why it is not, in OpenSSL's words: `DEPTH_ZERO_SELF_SIGNED_CERT`, say. */
  readonly authorizationError: string | undefined;
  /** The session was taken up again: no certificate was exchanged. */
  readonly isResumed: boolean;
  /** The peer's certificate with those of its issuers; `undefined` where it showed none, or the connection is over. */
  readonly peerCertificate: DetailedPeerCertificate | undefined;
}

/** What there is to know once the handshake is over. The certificate is decoded when it is asked for. */
export function infoOf(socket: TLSSocket): TlsInfo {
  const { authorizationError } = socket;
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher(),
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    servername: servernameOf(socket),
    isAuthorized: socket.authorized,
    // Declared as an Error; what comes is the name of the fault, or an Error that carries it.
    authorizationError:
      (authorizationError as Error | null) === null ? undefined : nameOf(authorizationError),
    isResumed: socket.isSessionReused(),
    get peerCertificate() {
      const certificate = socket.getPeerCertificate(true) as DetailedPeerCertificate | null;
      return certificate !== null && Object.keys(certificate).length > 0 ? certificate : undefined;
    },
  };
}

function nameOf(fault: Error | string): string {
  if (typeof fault === 'string') return fault;
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.message;
}

/** Not in node's types: the name asked for, on both sides; `false` where none was. */
function servernameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as { servername?: unknown };
  return typeof servername === 'string' && servername !== '' ? servername : undefined;
}
