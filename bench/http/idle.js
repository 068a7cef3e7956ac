// @ts-check
/** Memory of idle keep-alive connections: each is served once, then held; then all are served again. */
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { columns, machine } from '../figures.js';
import { residentKilobytes } from '../proc.js';
import { startServer } from './processes.js';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '10000' } } });
const count = Number(values.connections);
const atATime = 100;
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
// node:http closes an idle connection after 5 s, which is shorter than this takes on a slow machine.
const env = { KEEP_ALIVE_MS: '120000' };

console.log(`${machine()}; ${String(count)} connections\n`);
const lines = [['server', 'KB each', 'KB each, garbage collected', 'held', 'served again']];
for (const name of ['raw-net', 'node-http', 'wirestack-http', 'wirestack-gateway']) {
  const server = await startServer(name, { env, flags: ['--expose-gc'] });
  try {
    lines.push([name, ...(await measure(server))]);
  } finally {
    await server.stop();
  }
}
console.log(columns(lines));

/** @param {import('./processes.js').Server} server */
async function measure({ port, pid, collect }) {
  // The first connections pay for what is loaded and compiled once.
  const first = await inBatches(atATime, () => open(port));
  for (const socket of first) socket.destroy();
  await collect();
  const before = residentKilobytes(pid);
  const sockets = await inBatches(count, () => open(port));
  const after = residentKilobytes(pid);
  await collect();
  const collected = residentKilobytes(pid);
  const held = sockets.filter((socket) => !socket.destroyed && socket.readyState === 'open').length;
  const answers = await inBatches(sockets.length, (i) => ask(sockets[i]));
  for (const socket of sockets) socket.destroy();
  const served = answers.filter((text) => text.startsWith('HTTP/1.1 200 ')).length;
  if (served !== count) throw new Error(`${String(served)} of ${String(count)} were served again`);
  const each = [after, collected].map((kilobytes) => ((kilobytes - before) / count).toFixed(1));
  return [...each, String(held), String(served)];
}

/**
 * @template T
 * @param {number} total
 * @param {(index: number) => Promise<T>} work
 * @returns {Promise<T[]>}
 */
async function inBatches(total, work) {
  const results = [];
  for (let i = 0; i < total; i += atATime) {
    const size = Math.min(atATime, total - i);
    results.push(...(await Promise.all(Array.from({ length: size }, (_, j) => work(i + j)))));
  }
  return results;
}

/**
 * @param {number} port
 * @returns {Promise<import('node:net').Socket>}
 */
function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      ask(socket).then(() => resolve(socket), reject);
    });
    socket.on('error', reject);
  });
}

/**
 * @param {import('node:net').Socket} socket
 * @returns {Promise<string>}
 */
function ask(socket) {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the server closed a connection'));
    socket.once('close', closed);
    socket.once('data', (chunk) => {
      socket.off('close', closed);
      resolve(chunk.toString('latin1'));
    });
    if (socket.destroyed) closed();
    else socket.write(request);
  });
}
