import type { Address } from '../address.ts';
import { SocketUsageError } from '../errors.ts';
import { formatIp, ipv4Within, mapIpv4, parseHost } from '../ip-address.ts';

type InetAddress = Extract<Address, { readonly port: number }>;

/** An address of IPv6 that stands for one of IPv4 is told as that one, as everywhere in this package. */
export function addressOf(host: Uint8Array, port: number): Address {
  const bytes = host.length === 4 ? host : (ipv4Within(host) ?? host);
  return { family: bytes.length === 4 ? 'ipv4' : 'ipv6', host: formatIp(bytes), port };
}

/**
 * Both hosts as bytes, in one family: where only one is of IPv4, it becomes one of IPv6.
 *
 * @throws SocketUsageError `BAD_ADDRESS` for a host that is a name, or a port outside 0–65535
 */
export function hostsOf(
  source: InetAddress,
  destination: InetAddress,
): [source: Uint8Array, destination: Uint8Array] {
  const [a, b] = [hostOf(source), hostOf(destination)];
  if (a.length === b.length) return [a, b];
  return a.length === 4 ? [mapIpv4(a), b] : [a, mapIpv4(b)];
}

function hostOf({ host, port }: InetAddress): Uint8Array {
  const bytes = parseHost(host);
  if (bytes === undefined) throw bad(`${JSON.stringify(host)} is not an address of IP`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw bad(`${String(port)} is not a port`);
  return bytes;
}

function bad(why: string): SocketUsageError {
  return new SocketUsageError('BAD_ADDRESS', `PROXY header: ${why}`);
}
