// @ts-check
/**
 * Static files side by side: ours, serve-handler, @fastify/static, and nginx with sendfile and without, interleaved in one run. Small files by
 * wrk's requests a second, large ones by bytes; the CPU that the server used for it, too. See bench/README.md for how to read the table.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { has, isPinned, loadCpu, pinned, serverCpu } from '../cpus.js';
import { columns, machine, median } from '../figures.js';
import { cpuSeconds, peakMegabytes } from '../proc.js';

/**
 * @typedef {{ name: string, port: number, pid: number, stop: () => Promise<void> }} Server
 * @typedef {{ size: string, server: string, rate: number, cpuMicros: number, peakMegabytes: number }} Sample
 */

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    sizes: { type: 'string', default: '1k,10k,1m,100m' },
    servers: { type: 'string', default: 'wirestack,serve-handler,fastify,nginx,nginx-read' },
    /** What is sent beside Host: `Accept-Encoding: br, gzip` say, or a condition. */
    header: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const bytesOf = new Map([
  ['1k', 1000],
  ['10k', 10_000],
  ['1m', 1_000_000],
  ['100m', 100_000_000],
]);
/** Few clients suffice where a file is long. */
const connectionsFor = (/** @type {string} */ size) => (size.endsWith('m') ? '8' : options.connections);

/** A slow server needs longer than a round for eight times 100 MB. */
const secondsFor = (/** @type {string} */ size) =>
  size === '100m' ? String(3 * Number(options.seconds)) : options.seconds;

if (!has('wrk')) throw new Error('wrk is not installed');
if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');

const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
const sizes = options.sizes.split(',');
/** @type {Server[]} */
const servers = [];
/** @type {Sample[]} */
const samples = [];
try {
  for (const size of sizes) writeFile(size);
  // A file that was just written is not kept in memory.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  for (const name of options.servers.split(',')) {
    if (name.startsWith('nginx') && !has('nginx')) console.warn(`${name} is not installed: no row for it`);
    else servers.push(await start(name));
  }
  for (const size of sizes) {
    for (const server of servers) await drive(server, size, '1');
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < servers.length; i++)
        samples.push(await measure(servers[(i + round) % servers.length], size));
      process.stderr.write('.');
    }
  }
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
}
const rows = summarise();
console.log(`\n${machine()}; wrk, ${String(rounds)} rounds of ${options.seconds} s\n`);
console.log(
  columns(
    [
      ['size', 'server', 'req/s', 'MB/s', '× nginx', '× serve-handler', 'CPU µs', 'CPU × nginx', 'peak MB'],
      ...rows.map(line),
    ],
    [0, 1],
  ),
);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine: machine(), rows, samples }, undefined, 2)}\n`);

/** @param {string} size */
function writeFile(size) {
  const path = join(folder, `${size}.txt`);
  const length = bytesOf.get(size);
  if (length === undefined) throw new Error(`no size ${size}: ${[...bytesOf.keys()].join(', ')}`);
  writeFileSync(path, 'A line of thirty-two characters\n'.repeat(Math.ceil(length / 32)).slice(0, length));
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

/**
 * @param {Server} server
 * @param {string} size
 * @returns {Promise<Sample>}
 */
async function measure(server, size) {
  const before = cpuSeconds(server.pid);
  const { requests, seconds, errors } = await drive(server, size, secondsFor(size));
  if (errors > 0) throw new Error(`${server.name} answered ${String(errors)} requests wrongly`);
  const cpuMicros = ((cpuSeconds(server.pid) - before) / requests) * 1e6;
  return {
    size,
    server: server.name,
    rate: requests / seconds,
    cpuMicros,
    peakMegabytes: peakMegabytes(server.pid),
  };
}

/**
 * @param {Server} server
 * @param {string} size
 * @param {string} seconds
 */
async function drive({ port }, size, seconds) {
  const script = join(folder, 'result.lua');
  writeFileSync(
    script,
    `done = function(summary)
  local e = summary.errors
  print(string.format('result %d %d %d', summary.requests, summary.duration, e.connect + e.read + e.write + e.status))
end
`,
  );
  const fields = options.header.flatMap((field) => ['-H', field]);
  const command = ['wrk', '-t1', `-c${connectionsFor(size)}`, `-d${seconds}s`, '-s', script, ...fields];
  const output = await run(pinned(loadCpu, [...command, `http://127.0.0.1:${String(port)}/${size}.txt`]));
  const match = /^result (\d+) (\d+) (\d+)$/m.exec(output);
  if (match === null) throw new Error(`wrk said:\n${output}`);
  return { requests: Number(match[1]), seconds: Number(match[2]) / 1e6, errors: Number(match[3]) };
}

/**
 * @param {string} name
 * @returns {Promise<Server>}
 */
async function start(name) {
  const isNginx = name.startsWith('nginx');
  const port = isNginx ? await freePort() : undefined;
  const home = join(folder, name);
  // Or a file: another version of ours, say.
  const file = /\.m?js$/.test(name)
    ? name
    : fileURLToPath(new URL(`servers/static-${name}.js`, import.meta.url));
  const command = port === undefined ? [process.execPath, file] : nginx(home, port, name === 'nginx');
  const [program, ...args] = pinned(serverCpu, command);
  const child = spawn(program, args, {
    env: { ...process.env, FILES: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const listening =
    port ??
    Number(
      /listening (\d+)/.exec(String(await new Promise((resolve) => child.stdout.once('data', resolve))))?.[1],
    );
  while (!(await isListening(listening)))
    if (child.exitCode !== null) throw new Error(`${name} did not start`);
  return {
    name,
    port: listening,
    pid: Number(child.pid),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * One worker and no log: the most it does a core.
 *
 * @param {string} home
 * @param {number} port
 * @param {boolean} withSendfile
 */
function nginx(home, port, withSendfile) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = `${home}.conf`;
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${home}.pid; error_log /dev/null crit;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 3600s; tcp_nodelay on;
  ${temporary.map((what) => `${what}_temp_path ${home}-${what};`).join(' ')}
  default_type text/plain; root ${folder}; sendfile ${withSendfile ? 'on' : 'off'};
  server { listen 127.0.0.1:${String(port)} backlog=1024; location / { } }
}
`,
  );
  return ['nginx', '-p', folder, '-e', '/dev/null', '-c', file];
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} port */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * @param {string[]} command
 * @returns {Promise<string>} what it printed
 */
function run([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${program} exited with ${String(code)}`)),
    );
  });
}

function summarise() {
  return sizes.flatMap((size) =>
    servers.map(({ name }) => {
      const of = (/** @type {string} */ server) =>
        samples.filter((one) => one.size === size && one.server === server);
      const rateOf = (/** @type {string} */ server) => median(of(server).map(({ rate }) => rate));
      const cpuOf = (/** @type {string} */ server) => median(of(server).map(({ cpuMicros }) => cpuMicros));
      return {
        size,
        server: name,
        rate: rateOf(name),
        megabytes: (rateOf(name) * Number(bytesOf.get(size))) / 1e6,
        cpuMicros: cpuOf(name),
        toNginx: rateOf(name) / rateOf('nginx'),
        toServeHandler: rateOf(name) / rateOf('serve-handler'),
        cpuToNginx: cpuOf(name) / cpuOf('nginx'),
        peakMegabytes: Math.max(...of(name).map(({ peakMegabytes: peak }) => peak)),
      };
    }),
  );
}

/** @param {ReturnType<typeof summarise>[number]} row */
function line(row) {
  const ratio = (/** @type {number} */ value) => (Number.isFinite(value) ? value.toFixed(2) : '–');
  return [
    row.size,
    row.server,
    row.rate.toFixed(row.rate < 100 ? 1 : 0),
    row.megabytes.toFixed(0),
    ratio(row.toNginx),
    ratio(row.toServeHandler),
    Number.isFinite(row.cpuMicros) ? row.cpuMicros.toFixed(row.cpuMicros < 1000 ? 1 : 0) : '–',
    ratio(row.cpuToNginx),
    row.peakMegabytes.toFixed(0),
  ];
}
