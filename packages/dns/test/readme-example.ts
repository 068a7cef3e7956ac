import { authoritative, serveDns, StubResolver, Zone } from '@wirestack/dns';

const zone = Zone.fromText(
  `
$TTL 300
@    SOA  ns hostmaster 1 3600 600 86400 300
     NS   ns
ns   A    127.0.0.1
www  A    192.0.2.1
web  CNAME www
`,
  { origin: 'example.com.' },
);
const server = await serveDns('127.0.0.1:0', authoritative([zone])); // UDP and TCP

const resolver = new StubResolver({ servers: [server.address] });
const answer = await resolver.resolve('web.example.com', 'A');
console.log(answer.records, answer.ttl); // [ { address: '192.0.2.1' } ] 300
await server.close();
