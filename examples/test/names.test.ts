import { expect, test } from 'vitest';
import { python, start } from './running.ts';

test("13-names prints what Python's socket module answers", async () => {
  const twin = `
from socket import *

host = 'localhost'
name, aliases, addresses = gethostbyname_ex(host)
print('gethostname', gethostname())
print('getfqdn', getfqdn(host))
print('gethostbyname', gethostbyname(host))
# The C library says an address twice that two lines of /etc/hosts have.
print('gethostbyname_ex', name, ','.join(aliases), ','.join(dict.fromkeys(addresses)))
print('gethostbyaddr', gethostbyaddr('127.0.0.1')[0])

print('getservbyname', getservbyname('https', 'tcp'))
print('getservbyport', getservbyport(53, 'udp'))
print('getprotobyname', getprotobyname('icmp'))

print('inet_aton', *inet_aton('127.1'))
print('inet_ntoa', inet_ntoa(bytes([1, 1, 1, 1])))
print('inet_pton', *inet_pton(AF_INET6, '::ffff:1.1.1.1'))
print('inet_ntop', inet_ntop(AF_INET6, inet_pton(AF_INET6, '2001:DB8:0:0::1')))

print('htons', htons(80), ntohs(htons(80)))
print('htonl', htonl(0x7f000001), ntohl(htonl(0x7f000001)))
`;
  const { code, stdout, stderr } = await start('13-names/names.js').ended();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual((await python(twin)).split('\n'));
});
