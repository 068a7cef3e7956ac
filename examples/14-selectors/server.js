// @ts-check
// Seeds 003 and 004: an echo server on `selectors`, one loop over all sockets.
import { eventRead, formatAddress, listen, Selector } from '@wirestack/socket';

const listener = await listen(process.argv[2] ?? '127.0.0.1:10000');
console.log('listening on', formatAddress(listener.address));

/** @type {Selector<(source: any) => Promise<void>>} */
const selector = new Selector();

/** @param {import('@wirestack/socket').Listener} source */
async function accept(source) {
  const stream = await source.accept();
  console.log('accepted', formatAddress(stream.remoteAddress));
  selector.register(stream, eventRead, read);
}

/** @param {import('@wirestack/socket').SocketStream} stream */
async function read(stream) {
  const data = await stream.read();
  if (data !== undefined) return stream.write(data);
  console.log('closing', formatAddress(stream.remoteAddress));
  selector.unregister(stream);
  await stream.close();
}

selector.register(listener, eventRead, accept);
for (;;) {
  for (const [key] of await selector.select()) await key.data(key.source);
}
