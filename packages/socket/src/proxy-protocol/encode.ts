import type { ProxyHeader } from './header.ts';
import { encodeLine } from './version-1.ts';
import { encodeBinary } from './version-2.ts';

export interface EncodeProxyHeaderOptions {
  /** Adds the CRC-32C extension (0x03) of version 2. Default false: TCP has a checksum already. */
  readonly checksum?: boolean;
}

/**
 * The bytes of a PROXY header, to be sent before anything else and in one piece (haproxy's proxy-protocol.txt, section 2).
 *
 * - `LOCAL` and transport `unspecified` are written without addresses: `UNKNOWN` in version 1, family 0 in version 2.
 * - Two addresses of different IP families are both written as IPv6. A zone (`%eth0`) is left out.
 * - An extension 0x03 gets the right checksum, whatever its value: a header that is passed on need not be recomputed.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for what the version cannot say, more than 65,535 bytes, or one address only; `BAD_ADDRESS` for
 * an address that is neither of IP nor a Unix path of 108 bytes.
 */
export function encodeProxyHeader(header: ProxyHeader, options: EncodeProxyHeaderOptions = {}): Uint8Array {
  return header.version === 1 ? encodeLine(header) : encodeBinary(header, options.checksum ?? false);
}
