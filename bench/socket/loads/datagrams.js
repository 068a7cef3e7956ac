// @ts-check
/** The client of the echoes over UDP: connected sockets, some packets of each under way. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const sockets = 16;
const inFlight = 8;
const bytes = 64;
/** A packet may be lost: a socket that hears nothing for so long sends anew. */
const patienceMs = 100;

/**
 * @param {{ port: number, seconds: number }} load
 * @returns {Promise<{ units: number, seconds: number, lost: number }>} packets that came back
 */
export async function driveDatagrams({ port, seconds }) {
  const opened = await Promise.all(Array.from({ length: sockets }, () => open(port)));
  const start = performance.now();
  for (const socket of opened) socket.fill();
  const refill = setInterval(() => opened.forEach((socket) => socket.refill()), patienceMs);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(refill);
  const took = (performance.now() - start) / 1000;
  const counts = opened.map((socket) => socket.close());
  return {
    units: counts.reduce((sum, { units }) => sum + units, 0),
    seconds: took,
    lost: counts.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** @param {number} port */
async function open(port) {
  const message = Buffer.alloc(bytes, 'm');
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let units = 0;
  let before = 0;
  let lost = 0;
  socket.on('message', (answer) => {
    if (answer.length !== bytes) throw new Error('not what was sent');
    units++;
    socket.send(message);
  });
  const fill = () => {
    for (let i = 0; i < inFlight; i++) socket.send(message);
  };
  return {
    fill,
    refill: () => {
      if (units === before) {
        lost += inFlight;
        fill();
      }
      before = units;
    },
    close: () => {
      socket.close();
      return { units, lost };
    },
  };
}
