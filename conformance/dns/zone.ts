import { Zone } from '@wirestack/dns';

/** Enough strings for an RRset of about 6 KB: too large for any UDP answer here. */
export const largeText = Array.from(
  { length: 60 },
  (_, index) => `large TXT "${String(index).padStart(2, '0')} ${'x'.repeat(90)}"`,
);

/** Too large for 512 bytes, not for 1,232. */
const mediumText = Array.from({ length: 7 }, (_, index) => `medium TXT "${String(index)} ${'y'.repeat(90)}"`);

/** A zone with every type that records here have. */
export const zoneText = `$ORIGIN example.test.
$TTL 3600
@ SOA ns1 hostmaster (
  2024010101 ; serial
  2h 30m 14d 5m )
@ NS ns1
@ NS ns2
@ MX 10 mail
@ MX 20 mail2.example.net.
@ CAA 0 issue "ca.example.net; policy=ev"
@ CAA 128 iodef "mailto:security@example.test"
@ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
@ HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.80
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
ns2 A 192.0.2.2
mail 300 A 192.0.2.25
mail 300 A 192.0.2.26
www A 192.0.2.80
www AAAA 2001:db8::80
alias CNAME alias2
alias2 CNAME www
out CNAME www.example.net.
dangling CNAME nowhere
ptr PTR www
text TXT "plain" "two strings" "a \\"quote\\", a \\\\ and \\200\\007"
_sip._tcp SRV 10 60 5060 mail
_dns SVCB 1 ns1 alpn=dot port=853
svc SVCB 0 www
https HTTPS 16 www mandatory=alpn alpn=h2 no-default-alpn port=8443 ipv6hint=2001:db8::80
old DNAME new
host.new A 192.0.2.44
unknown TYPE65280 \\# 4 0a000001
*.wild A 192.0.2.99
*.wild TXT "wild"
a.b.empty A 192.0.2.50
sub NS ns.sub
sub NS ns2
sub DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
ns.sub A 192.0.2.53
${largeText.join('\n')}
${mediumText.join('\n')}
`;

export const zoneName = 'example.test.';

export function testZone(): Zone {
  return Zone.fromText(zoneText, { origin: zoneName });
}
