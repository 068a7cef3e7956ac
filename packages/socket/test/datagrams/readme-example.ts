import { bind, connectDatagram } from '@wirestack/socket';

const server = await bind('udp://127.0.0.1:0');
server.attach({ datagram: (data, from) => server.post(data, from) }); // push mode: the echo, without a promise a packet
const client = await connectDatagram(server.localAddress); // the kernel keeps strangers out
await client.send('hello');
const { data } = await client.receive({ timeoutMs: 5_000 }); // REFUSED where nobody listens
console.log(new TextDecoder().decode(data));

const member = await bind(':0'); // a port alone: what is bound to an address hears no group
member.joinGroup('239.255.0.1', { interface: '127.0.0.1' }); // with `source` from there only
for (const socket of [server, client, member]) await socket.close();
