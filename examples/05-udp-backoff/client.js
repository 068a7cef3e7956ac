// @ts-check
// Seed 002: a client that asks again where no answer comes, waits twice as long each time, from 100 ms on, and gives up before it would wait
// longer than 2 s.
import { connectDatagram, formatAddress, requestDatagram } from '@wirestack/socket';

const socket = await connectDatagram(process.argv[2] ?? '127.0.0.1:1060');
console.log('Client socket name is', formatAddress(socket.localAddress));
try {
  const { datagram } = await requestDatagram(socket, 'This is another message', {
    onAttempt: (_, waitMs) => console.log('Waiting up to', waitMs / 1000, 'seconds for a reply'),
  });
  console.log('The server says', new TextDecoder().decode(datagram.data));
} catch (error) {
  throw new Error('I think the server is down', { cause: error });
} finally {
  await socket.close();
}
