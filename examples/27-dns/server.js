// @ts-check
// Seed 000: a name server. Try it with resolve.js, or with `dig @127.0.0.1 -p 5353 www.example.com`.
import { authoritative, serveDns, Zone } from '@wirestack/dns';
import { formatAddress } from '@wirestack/socket';

const zone = Zone.fromText(
  `
$TTL 300
@      SOA   ns hostmaster 1 3600 600 86400 300
       NS    ns
       MX    10 mail
ns     A     127.0.0.1
mail   A     127.0.0.2
www    A     192.0.2.1
www    A     192.0.2.2
www    AAAA  2001:db8::1
web    CNAME www
`,
  { origin: 'example.com.' },
);
const server = await serveDns(process.argv[2] ?? '127.0.0.1:5353', authoritative([zone]));
console.log('listening on', formatAddress(server.address));
