// @ts-check
// Seed 004: hosts, services and protocols by name, addresses between text and bytes, numbers between byte orders. Usage: names.js HOST
import {
  getFullyQualifiedName,
  getHostByAddress,
  getHostByName,
  getHostByNameEx,
  getHostName,
  getProtocolByName,
  getServiceByName,
  getServiceByPort,
  htonl,
  htons,
  inetAton,
  inetNtoa,
  inetNtop,
  inetPton,
  ntohl,
  ntohs,
} from '@wirestack/socket/names';

const [host = 'localhost'] = process.argv.slice(2);
const { name, aliases, addresses } = await getHostByNameEx(host);
console.log('gethostname', getHostName());
console.log('getfqdn', await getFullyQualifiedName(host));
console.log('gethostbyname', await getHostByName(host));
console.log('gethostbyname_ex', name, aliases.join(), addresses.join());
console.log('gethostbyaddr', (await getHostByAddress('127.0.0.1')).name);

console.log('getservbyname', getServiceByName('https', 'tcp'));
console.log('getservbyport', getServiceByPort(53, 'udp'));
console.log('getprotobyname', getProtocolByName('icmp'));

console.log('inet_aton', ...inetAton('127.1'));
console.log('inet_ntoa', inetNtoa(Uint8Array.of(1, 1, 1, 1)));
console.log('inet_pton', ...inetPton('ipv6', '::ffff:1.1.1.1'));
console.log('inet_ntop', inetNtop('ipv6', inetPton('ipv6', '2001:DB8:0:0::1')));

console.log('htons', htons(80), ntohs(htons(80)));
console.log('htonl', htonl(0x7f000001), ntohl(htonl(0x7f000001)));
