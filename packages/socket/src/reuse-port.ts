import { SocketError } from './errors.ts';

/**
 * Refuses SO_REUSEPORT where node would ignore it.
 *
 * @throws SocketError `UNSUPPORTED` before node 22.12 and in 23.0
 */
export function requireReusePort(address: string): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  const message = `reusePort needs node 22.12 or 23.1, this is ${process.versions.node}`;
  throw new SocketError('UNSUPPORTED', message, { address });
}
