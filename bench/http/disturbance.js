/**
 * What clients that misbehave do to one that does not: its latency while fifty others (a) do nothing, (b) send a head of one byte a second,
 * (c) pipeline requests and never read an answer. For our server and node:http.
 */
import { connect } from 'node:net';
import { tools } from './load.js';
import { startServer } from './processes.js';
import { machine, median } from './report.js';

const disturbers = 50;
const samples = 2000;
const cpu = tools.taskset ? 0 : undefined;
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const flood = Buffer.from(request.repeat(2000), 'latin1');

const kinds = {
  quiet: () => undefined,
  'one byte a second': (socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(request[at++ % 16]), 1000);
    socket.once('close', () => clearInterval(timer));
  },
  'pipelines, never reads': (socket) => {
    socket.pause();
    const more = () => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on('drain', more);
    more();
  },
};

console.log(
  `${machine()}; ${String(disturbers)} disturbers, ${String(samples)} requests one after the other\n`,
);
console.log(['server', 'disturbed by', 'p50 ms', 'p99 ms', 'max ms'].join('\t'));
for (const name of ['node-http', 'wirestack-http']) {
  for (const [kind, disturb] of Object.entries(kinds)) {
    const server = await startServer(name, { env: {}, cpu });
    const sockets = await Promise.all(Array.from({ length: disturbers }, () => open(server.port)));
    for (const socket of sockets) disturb(socket);
    const times = await latencies(server.port);
    for (const socket of sockets) socket.destroy();
    await server.stop();
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)];
    console.log([name, kind, median(times).toFixed(2), p99.toFixed(2), times.at(-1).toFixed(2)].join('\t'));
  }
}

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

async function latencies(port) {
  const socket = await open(port);
  const times = [];
  for (let i = 0; i < samples; i++) {
    const started = performance.now();
    socket.write(request);
    await new Promise((resolve) => socket.once('data', resolve));
    times.push(performance.now() - started);
  }
  socket.destroy();
  return times;
}
