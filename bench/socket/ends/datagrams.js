// @ts-check
/** Echoes over UDP. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { bind } from '@wirestack/socket';

/**
 * Each answers with its port.
 *
 * @type {ReadonlyMap<string, () => Promise<number>>}
 */
export const datagrams = new Map([
  ['raw-dgram', () => raw({ type: 'udp4' })],
  // Node looks up the host of each packet, and sends a tick later. That is left out here.
  [
    'raw-dgram-no-lookup',
    () => raw({ type: 'udp4', lookup: (host, _, callback) => callback(null, host, 4) }),
  ],
  ['wirestack-attach', attached],
  ['wirestack-receive', receiveAndSend],
]);

/** @param {import('node:dgram').SocketOptions} options */
async function raw(options) {
  const socket = createSocket(options);
  socket.on('message', (data, { port, address }) => socket.send(data, port, address));
  // Without the lookup it listens before `bind` returns.
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  return socket.address().port;
}

async function attached() {
  const socket = await bind('udp://127.0.0.1:0');
  socket.attach({ datagram: (data, from) => socket.post(data, from) });
  return portOf(socket);
}

async function receiveAndSend() {
  const socket = await bind('udp://127.0.0.1:0');
  void (async () => {
    for (;;) {
      const { data, from } = await socket.receive();
      await socket.send(data, from);
    }
  })();
  return portOf(socket);
}

/** @param {import('@wirestack/socket').DatagramSocket} socket */
function portOf({ localAddress }) {
  return /** @type {{ port: number }} */ (localAddress).port;
}
