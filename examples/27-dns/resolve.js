// @ts-check
// Seeds 000 and 003: `dns.resolver.query(domain, 'A')`, and `gethostbyname`. Asks server.js, or the server of your system.
import { createLookup, StubResolver } from '@wirestack/dns';

const [domain = 'www.example.com', server] = process.argv.slice(2);
const resolver = new StubResolver(server === undefined ? {} : { servers: [server] });

const answer = await resolver.resolve(domain, 'A');
for (const { address } of answer.records) console.log(address);

const lookup = createLookup(resolver);
lookup(domain, { family: 4 }, (error, address) => console.log('gethostbyname:', error?.code ?? address));
