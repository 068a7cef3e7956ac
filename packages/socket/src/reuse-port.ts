import { SocketError } from './errors.ts';

/**
 * Refuses SO_REUSEPORT where the runtime would ignore it.
 *
 * @throws SocketError `UNSUPPORTED` before node 22.12 and in 23.0, and for UDP in Deno
 */
export function requireReusePort(address: string, transport: 'tcp' | 'udp'): void {
  if (transport === 'udp' && 'deno' in process.versions) {
    throw new SocketError('UNSUPPORTED', 'reusePort is for TCP only in Deno', { address });
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  const message = `reusePort needs node 22.12 or 23.1, this is ${process.versions.node}`;
  throw new SocketError('UNSUPPORTED', message, { address });
}
