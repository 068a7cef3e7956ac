// @ts-check
// Seed 004: the client of the greeting server. Its socket is connected, so that nobody else can answer (seed 002).
import { connectDatagram } from '@wirestack/socket';

const socket = await connectDatagram(process.argv[2] ?? '127.0.0.1:10086');
for (const name of ['a', 'b', 'c']) {
  await socket.send(name);
  const { data } = await socket.receive({ timeoutMs: 2000 });
  console.log(new TextDecoder().decode(data));
}
await socket.close();
