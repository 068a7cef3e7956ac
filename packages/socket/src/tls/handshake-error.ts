import { SocketError, toSocketError } from '../errors.ts';

/** What a handshake ended with: a fault of TLS, unless the network explains it. */
export function handshakeError(error: unknown, address?: string): SocketError {
  const typed = toSocketError(error, address);
  if (typed.code !== 'OTHER') return typed;
  const where = address === undefined ? {} : { address };
  return new SocketError('TLS', `the TLS handshake failed: ${typed.message}`, { cause: error, ...where });
}
