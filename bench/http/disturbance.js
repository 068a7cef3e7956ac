// @ts-check
/**
 * What clients that misbehave do to one that does not: its latency while nobody disturbs, and while others send heads or bodies of a byte a second,
 * pipeline requests and read nothing or hardly anything, reset connections as fast as they can, or hold 19,000 half-open (20,000 descriptors are what many machines allow). For our server and node:http.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCpu, pinned, serverCpu } from '../cpus.js';
import { columns, machine } from '../figures.js';
import { peakMegabytes } from '../proc.js';
import { startServer } from './processes.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } });
const seconds = Number(values.seconds);
/** So that what is measured is an answer's latency, and not how fast the client itself can be. */
const pauseMs = 1;
const answerLimitMs = 10_000;
const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
/** @type {Record<string, { kind: string, clients: number, processes?: number } | undefined>} */
const kinds = {
  nobody: undefined,
  '50 heads of a byte a second': { kind: 'slow', clients: 50 },
  '50 bodies of a byte a second': { kind: 'slow-body', clients: 50 },
  '50 never read': { kind: 'greedy', clients: 50 },
  '50 hardly read': { kind: 'sipping', clients: 50 },
  'a storm of resets': { kind: 'resets', clients: 50 },
  '19,000 half-open': { kind: 'half-open', clients: 4750, processes: 4 },
};

console.log(`${machine()}; a request every ${String(pauseMs)} ms for ${String(seconds)} s\n`);
const lines = [
  [
    'server',
    'disturbed by',
    'requests',
    'p50 ms',
    'p99 ms',
    'max ms',
    'peak MB',
    'they hold',
    'they sent KB',
    'resets',
  ],
];
for (const [title, disturbance] of Object.entries(kinds)) {
  for (const name of ['node-http', 'wirestack-http']) {
    const server = await startServer(name, { cpu: serverCpu });
    try {
      await latencies(server.port, 1);
      const disturbers = [];
      for (let i = 0; disturbance !== undefined && i < (disturbance.processes ?? 1); i++) {
        disturbers.push(await startDisturbers(server.port, disturbance.kind, disturbance.clients));
      }
      const times = (await latencies(server.port, seconds)).sort((a, b) => a - b);
      const left = await Promise.all(disturbers.map((disturber) => disturber.stop()));
      const total = (/** @type {'held' | 'sent' | 'resets'} */ what) =>
        left.reduce((sum, one) => sum + one[what], 0);
      const shown = [0.5, 0.99, 1].map((share) =>
        shownMs(times[Math.min(times.length - 1, Math.floor(times.length * share))]),
      );
      const memory = peakMegabytes(server.pid).toFixed(0);
      console.error(`${name}, ${title}: p50 ${shown[0] ?? ''} ms`);
      lines.push([
        name,
        title,
        String(times.length),
        ...shown,
        memory,
        String(total('held')),
        (total('sent') / 1024).toFixed(1),
        String(total('resets')),
      ]);
    } finally {
      await server.stop();
    }
  }
}
console.log(columns(lines, [0, 1]));

/**
 * @param {number} port
 * @param {string} kind
 * @param {number} clients
 */
async function startDisturbers(port, kind, clients) {
  const file = fileURLToPath(new URL('disturber.js', import.meta.url));
  const [program, ...args] = pinned(loadCpu, [process.execPath, file, String(port), kind, String(clients)]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    /** @returns {Promise<{ held: number, sent: number, resets: number }>} connections not closed by the server, bytes it was sent, connections that were reset */
    async stop() {
      child.kill('SIGTERM');
      const [text] = await once(child.stdout, 'data');
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(String(text));
    },
  };
}

/**
 * How long each answer took. One that does not come within the limit is the last, and counts as the limit.
 *
 * @param {number} port
 * @param {number} duration
 */
async function latencies(port, duration) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  // Told by its close.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const times = [];
  const end = performance.now() + duration * 1000;
  while (performance.now() < end) {
    const started = performance.now();
    socket.write(request);
    if (!(await answered(socket))) {
      times.push(answerLimitMs);
      break;
    }
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  socket.destroy();
  return times;
}

/**
 * Whether data came within the limit.
 *
 * @param {import('node:net').Socket} socket
 * @returns {Promise<boolean>}
 */
function answered(socket) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => resolve(false)), answerLimitMs);
    const arrived = () => settle(() => resolve(true));
    const closed = () =>
      settle(() => reject(new Error('the server closed the connection of who did no wrong')));
    const settle = (/** @type {() => void} */ report) => {
      clearTimeout(timer);
      socket.off('data', arrived).off('close', closed);
      report();
    };
    socket.on('data', arrived).on('close', closed);
  });
}

/** @param {number} ms */
function shownMs(ms) {
  return ms === answerLimitMs ? `none in ${String(ms / 1000)} s` : ms.toFixed(2);
}
