import { SocketError } from '../errors.ts';
import { entriesOf, type DatabaseOptions } from './database.ts';

/** IANA's "Assigned Internet Protocol Numbers": those of a Debian system that still carry packets. */
const wellKnownProtocols = `
ip          0    IP
icmp        1    ICMP
igmp        2    IGMP
ipencap     4    IP-ENCAP
tcp         6    TCP
egp         8    EGP
igp         9    IGP
udp         17   UDP
dccp        33   DCCP
ipv6        41   IPv6
ipv6-route  43   IPv6-Route
ipv6-frag   44   IPv6-Frag
rsvp        46   RSVP
gre         47   GRE
esp         50   IPSEC-ESP
ah          51   IPSEC-AH
ipv6-icmp   58   IPv6-ICMP
ipv6-nonxt  59   IPv6-NoNxt
ipv6-opts   60   IPv6-Opts
ospf        89   OSPFIGP
ipip        94   IPIP
etherip     97   ETHERIP
encap       98   ENCAP
pim         103  PIM
ipcomp      108  IPCOMP
vrrp        112  VRRP
l2tp        115  L2TP
isis        124  ISIS
sctp        132  SCTP
udplite     136  UDPLite
mpls-in-ip  137  MPLS-in-IP
`;

/**
 * The number of a protocol above IP, as `getprotobyname` (seed 004): `getProtocolByName('tcp')` is 6. From `/etc/protocols`; where there is
 * none, from a built-in table of the usual ones. Names and aliases match as they are written.
 *
 * @throws SocketError `NOT_FOUND`.
 */
export function getProtocolByName(name: string, options: DatabaseOptions = {}): number {
  for (const { names, value } of entriesOf('/etc/protocols', wellKnownProtocols, options)) {
    if (names.includes(name) && /^\d+$/.test(value)) return Number(value);
  }
  throw new SocketError('NOT_FOUND', `no protocol is known as ${name}`);
}
