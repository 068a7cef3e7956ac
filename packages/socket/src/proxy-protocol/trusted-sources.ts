import type { Address } from '../address.ts';
import { SocketUsageError } from '../errors.ts';
import { formatIp, ipv4Within, parseHost, parseIpv4, parseIpv6 } from '../ip-address.ts';

/** Who may say where a connection comes from: a list that has been read. */
export interface TrustedSources {
  readonly unix: boolean;
  readonly blocks: readonly AddressBlock[];
}

/** The addresses that begin with the first `prefix` bits of `bytes`: four of IPv4, sixteen of IPv6. */
interface AddressBlock {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/**
 * Reads a list of addresses (`10.0.0.1`, `::1`), blocks of addresses (`10.0.0.0/8`, `fd00::/8`) and `unix`, any Unix socket.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` for any other entry, and for a block with bits set beyond its prefix: `10.1.0.0/8` was meant to be
 * smaller than it is.
 */
export function trustedSources(entries: readonly string[]): TrustedSources {
  const blocks = entries.filter((entry) => entry !== 'unix').map(parseBlock);
  return { unix: entries.includes('unix'), blocks };
}

/**
 * Whether the list has the address, or a block that it is in. An address of IPv6 that stands for one of IPv4 (`::ffff:10.0.0.1`) is that
 * one, in the list as well; otherwise a block has addresses of its own family only, so `::/0` is no address of IPv4. An address in memory
 * is never trusted.
 *
 * @throws SocketUsageError `BAD_ARGUMENT` as {@link trustedSources} does, which reads a list once and for all.
 */
export function isTrusted(address: Address, trusted: TrustedSources | readonly string[]): boolean {
  const sources = 'blocks' in trusted ? trusted : trustedSources(trusted);
  if (address.family === 'unix') return sources.unix;
  if (address.family === 'memory') return false;
  const host = parseHost(address.host);
  if (host === undefined) return false;
  const bytes = (host.length === 16 ? ipv4Within(host) : undefined) ?? host;
  return sources.blocks.some((block) => has(block, bytes));
}

function has({ bytes, prefix }: AddressBlock, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  return bytes.every((byte, at) => ((byte ^ (address[at] as number)) & maskOf(prefix, at)) === 0);
}

function parseBlock(entry: string): AddressBlock {
  const [host = '', length, ...more] = entry.split('/');
  const bytes = parseIpv4(host) ?? parseIpv6(host);
  if (bytes === undefined || more.length > 0) {
    throw bad(entry, 'expected an address, a block such as 10.0.0.0/8, or unix');
  }
  const prefix = length === undefined ? 8 * bytes.length : parsePrefix(entry, length, 8 * bytes.length);
  const first = bytes.map((byte, at) => byte & maskOf(prefix, at));
  if (first.some((byte, at) => byte !== bytes[at])) {
    throw bad(entry, `has bits beyond its prefix: ${formatIp(first)}/${String(prefix)} is the whole block`);
  }
  const ipv4 = bytes.length === 16 && prefix >= 96 ? ipv4Within(bytes) : undefined;
  return ipv4 === undefined ? { bytes, prefix } : { bytes: ipv4, prefix: prefix - 96 };
}

function parsePrefix(entry: string, text: string, max: number): number {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text) || Number(text) > max) {
    throw bad(entry, `the prefix is not in 0–${String(max)}`);
  }
  return Number(text);
}

/** The bits of byte `at` that the prefix covers. */
function maskOf(prefix: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefix - 8 * at));
  return (0xff << (8 - bits)) & 0xff;
}

function bad(entry: string, why: string): SocketUsageError {
  return new SocketUsageError('BAD_ARGUMENT', `trusted ${JSON.stringify(entry)}: ${why}`);
}
