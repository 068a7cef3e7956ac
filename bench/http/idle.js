/** Memory of idle keep-alive connections: each is served once, then held; then all are served again. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { startServer } from './processes.js';
import { machine } from './report.js';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '10000' } } });
const count = Number(values.connections);
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

console.log(`${machine()}; ${String(count)} connections\n`);
console.log(['server', 'KB a connection', 'served again'].join('\t'));
for (const name of ['raw-net', 'node-http', 'wirestack-http', 'wirestack-gateway']) {
  const server = await startServer(name, { env: {} });
  const before = residentKilobytes(server.pid);
  const sockets = [];
  for (let i = 0; i < count; i += 100) {
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(100, count - i) }, () => open(server.port)))));
  }
  const after = residentKilobytes(server.pid);
  let served = 0;
  for (const socket of sockets) {
    await ask(socket);
    served++;
  }
  console.log([name, ((after - before) / count).toFixed(1), String(served)].join('\t'));
  for (const socket of sockets) socket.destroy();
  await server.stop();
}

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      ask(socket).then(() => resolve(socket), reject);
    });
    socket.on('error', reject);
  });
}

function ask(socket) {
  return new Promise((resolve) => {
    socket.once('data', resolve);
    socket.write(request);
  });
}

function residentKilobytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
}
