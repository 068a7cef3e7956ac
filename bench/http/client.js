// @ts-check
/**
 * HTTP clients side by side: ours as a `Client` and as a bare `Transport`, undici, fetch, node:http, and Python's, each in a process of its own, in
 * turn. `node bench/http/client.js [--rounds 6] [--loads hello,upload] [--clients wirestack,undici] [--quick]`. What counts is the best of the rounds:
 * others on the machine only ever make it worse.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startChild } from '../child.js';
import { loadCpu, pinned, serverCpu } from '../cpus.js';
import { columns, machine } from '../figures.js';
import { loads } from './client-loads.js';
import { pythonClients, runPython } from './client-python.js';

/** @typedef {import('./client-loads.js').Load} Load */
/** @typedef {{ seconds: number, cpuMicros: number }} Sample */

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    loads: { type: 'string', default: loads.map(({ name }) => name).join() },
    clients: {
      type: 'string',
      default: ['wirestack', 'transport', 'undici', 'fetch', 'node-http', ...pythonClients].join(),
    },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 2 : Number(options.rounds);
const names = options.clients.split(',');
const chosen = options.loads.split(',').map((name) => {
  const load = loads.find((known) => known.name === name);
  if (load === undefined) throw new Error(`no load ${name}: ${loads.map((known) => known.name).join(', ')}`);
  return load;
});
/** Python asks one thing after the other. */
const isPython = (/** @type {string} */ name) => pythonClients.includes(name);
const pythonLoads = ['alone', 'stream1', 'stream100'];

console.log(`${machine()}; the best of ${String(rounds)} rounds\n`);
const [program, ...args] = pinned(serverCpu, [
  process.execPath,
  fileURLToPath(new URL('client-server.js', import.meta.url)),
]);
const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
/** @type {Map<string, import('../child.js').Child>} */
const children = new Map();
try {
  const [said] = await once(server.stdout, 'data');
  const url = `http://127.0.0.1:${/** @type {RegExpExecArray} */ (/listening (\d+)/.exec(String(said)))[1]}`;
  for (const name of names.filter((each) => !isPython(each))) {
    children.set(
      name,
      await startChild(new URL('client-peer.js', import.meta.url), { args: [name, url], cpu: loadCpu }),
    );
  }
  for (const load of chosen) report(load, await measure(load, url));
} finally {
  for (const child of children.values()) await child.stop();
  server.kill('SIGKILL');
}

/**
 * @param {Load} load
 * @param {string} url
 */
async function measure(load, url) {
  const count = options.quick ? Math.ceil(load.count / 10) : load.count;
  const able = names.filter((name) => !isPython(name) || pythonLoads.includes(load.name));
  /** @type {Map<string, { rate: number, cpuMicros: number }>} */
  const best = new Map();
  // The round before the first warms up.
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < able.length; i++) {
      const name = able[(i + Math.max(0, round)) % able.length];
      // The slowest would take most of the time.
      const asked = Math.ceil(count * (isPython(name) || name === 'fetch' ? 0.25 : 1));
      const { seconds, cpuMicros } = isPython(name)
        ? runPython(name, url + load.path, asked)
        : await /** @type {import('../child.js').Child} */ (children.get(name)).ask('run', {
            load: load.name,
            count: asked,
          });
      if (round < 0) continue;
      const before = best.get(name) ?? { rate: 0, cpuMicros: Infinity };
      best.set(name, {
        rate: Math.max(before.rate, asked / seconds),
        cpuMicros: Math.min(before.cpuMicros, cpuMicros / asked),
      });
    }
  }
  return best;
}

/**
 * @param {Load} load
 * @param {Map<string, { rate: number, cpuMicros: number }>} best
 */
function report({ title, bytes }, best) {
  const undici = best.get('undici');
  const ratio = (/** @type {number} */ ours, /** @type {number | undefined} */ theirs) =>
    theirs === undefined ? '–' : (ours / theirs).toFixed(2);
  const lines = [...best].map(([name, { rate, cpuMicros }]) => {
    const megabytes = (bytes ?? 0) / 1_000_000;
    return [
      name,
      bytes === undefined ? rate.toFixed(0) : (rate * megabytes).toFixed(0),
      ratio(rate, undici?.rate),
      bytes === undefined ? cpuMicros.toFixed(1) : ((megabytes / cpuMicros) * 1e6).toFixed(0),
      ratio(undici?.cpuMicros ?? NaN, cpuMicros),
    ];
  });
  const head =
    bytes === undefined
      ? ['req/s', '× undici', 'CPU µs', '× undici']
      : ['MB/s', '× undici', 'MB a CPU s', '× undici'];
  console.log(`${columns([[title, ...head], ...lines])}\n`);
}
