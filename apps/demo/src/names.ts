import { authoritative, serveDns, Zone, type DnsServer } from '@wirestack/dns';
import type { AddressLike } from '@wirestack/socket';
import type { Service } from './home.ts';

/** Serves a zone of the demo's own names: an address, and where each service is (RFC 2782). */
export function serveNames(address: AddressLike, shown: readonly Service[]): Promise<DnsServer> {
  return serveDns(address, authoritative([Zone.fromText(zoneOf(shown), { origin })]));
}

/** `.test` is nobody's: RFC 6761. */
const origin = 'wirestack.test.';

function zoneOf(services: readonly Service[]): string {
  const addresses = new Set<string>();
  const places: string[] = [];
  for (const { name, url } of services) {
    const place = /^(\w+):\/\/(.+):(\d+)\/?$/.exec(url);
    if (place === null) continue;
    const [, scheme = '', host = '', port = ''] = place;
    addresses.add(host);
    const transport = scheme === 'udp' ? 'udp' : 'tcp';
    places.push(`_${name}._${transport}  SRV  0 0 ${port} www`);
  }
  return `
$TTL 60
@    SOA  ns hostmaster 1 3600 600 86400 60
@    NS   ns
@    TXT  "the names of the demo's own services"
${[...addresses].flatMap((host) => [`ns  ${addressRecord(host)}`, `www  ${addressRecord(host)}`]).join('\n')}
demo CNAME www
*.echo CNAME www
${places.join('\n')}
`;
}

function addressRecord(host: string): string {
  if (host.startsWith('[')) return `AAAA ${host.slice(1, -1)}`;
  return /^[\d.]+$/.test(host) ? `A ${host}` : 'A 127.0.0.1';
}
