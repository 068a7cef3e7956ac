import { networkInterfaces } from 'node:os';
import { formatAddress, type Address } from '@wirestack/socket';

/** Where a server can be reached: each address of this machine, where it listens on all. */
export function reachableUrls(address: Address, isSecure: boolean): string[] {
  if (!('port' in address)) return [formatAddress(address)];
  const { host, port, family } = address;
  const hosts = host === '0.0.0.0' || host === '::' ? localHosts(host === '::') : [host];
  const scheme = isSecure ? 'https' : 'http';
  return hosts
    .map((each) => `${scheme}://${each.includes(':') ? `[${each}]` : each}:${String(port)}/`)
    .filter((url) => family === 'ipv6' || !url.includes('['));
}

/** This machine's own name first: it is what one opens here. */
function localHosts(withIpv6: boolean): string[] {
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && (withIpv6 || address.family === 'IPv4'))
    // A link-local address means nothing without the name of its interface.
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address);
  return ['localhost', ...others];
}
