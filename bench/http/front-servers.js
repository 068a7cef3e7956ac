// @ts-check
/**
 * Behind nginx: our FastCGI, with kept connections and without, beside our own HTTP server as an upstream, and beside FastCGI in C (libfcgi, fcgiwrap), interleaved in one run. The
 * CPU that the application's processes used for a request, and requests a second. See bench/README.md for how to read the table.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { has, isPinned, loadCpu, pinned, serverCpu } from '../cpus.js';
import { columns, machine, median } from '../figures.js';
import { cpuSeconds, treeCpuSecondsWithEnded } from '../proc.js';
import { load } from './load.js';
import { freePort, untilListening } from './native.js';

/**
 * @typedef {object} Way
 * @property {string} name      of the row, and the path in nginx
 * @property {string} pass      what stands in nginx's location
 * @property {string} [upstream]  an `upstream` block of that name
 * @property {string} socket    where the application listens
 * @property {(socket: string) => string[] | undefined} command  undefined where it cannot be had here
 * @property {Record<string, string>} [env]
 *
 * @typedef {{ way: Way, pid: number, stop: () => Promise<void> }} Running
 * @typedef {{ name: string, rate: number, cpuMicros: number, nginxMicros: number }} Sample
 */

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    /** libfcgi has a process for each: what is kept takes one. */
    connections: { type: 'string', default: '16' },
    only: { type: 'string' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const seconds = options.quick ? 1 : Number(options.seconds);
const connections = Number(options.connections);
/** FastCGI does so much of what our own HTTP server does with a CPU behind the same nginx, and no less than the others' FastCGI. */
const goals = [
  { of: 'fastcgi-kept', to: 'http', times: 0.8 },
  { of: 'fastcgi', to: 'fcgiwrap', times: 1 },
  { of: 'fastcgi-kept', to: 'fcgiwrap', times: 1 },
];

if (!has('nginx') || !has('wrk'))
  throw new Error('nginx and wrk are needed (Debian: apt-get install nginx-light wrk)');
if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');
const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
/** @type {Running[]} */
const running = [];
/** @type {Sample[]} */
const samples = [];
/** @type {{ port: number, pid: number, stop: () => Promise<void> } | undefined} */
let nginx;
try {
  const chosen = options.only?.split(',');
  for (const way of ways()) {
    if (chosen !== undefined && !chosen.includes(way.name)) continue;
    const one = await start(way);
    if (one === undefined) console.warn(`${way.name}: no row, for what it takes is not installed`);
    else running.push(one);
  }
  nginx = await startNginx();
  for (const { way } of running) await verify(way, nginx.port);
  if (!options.quick) for (const one of running) await drive(one, nginx.port, 1);
  for (let round = 0; round < rounds; round++) {
    const turns = options.quick ? running.filter(({ way }) => isInGoal(way.name)) : running;
    for (let i = 0; i < turns.length; i++)
      samples.push(await measure(turns[(i + round) % turns.length], nginx));
    process.stderr.write('.');
  }
} finally {
  await nginx?.stop();
  for (const { stop } of running) await stop();
  rmSync(folder, { recursive: true });
}
const measured = new Set(samples.map(({ name }) => name));
const rows = running.filter(({ way }) => measured.has(way.name)).map(({ way }) => summarise(way.name));
console.log(
  `\n${machine()}; ${String(rounds)} rounds of ${String(seconds)} s, ${String(connections)} connections\n`,
);
console.log(
  columns([
    [
      'behind nginx by',
      'req/s',
      '× http',
      'CPU µs',
      'least',
      'CPU × http',
      'least ×',
      'CPU × fcgiwrap',
      'nginx µs',
    ],
    ...rows.map(line),
  ]),
);
for (const { of, to, times } of goals) {
  const mine = rows.find(({ name }) => name === of);
  const theirs = rows.find(({ name }) => name === to);
  if (mine === undefined || theirs === undefined) continue;
  const isReached = mine.cpuMicros * times <= theirs.cpuMicros;
  console.log(`${of}: ${String(times)} × ${to} per CPU second ${isReached ? 'reached' : 'MISSED'}`);
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine: machine(), rows, samples }, undefined, 2)}\n`);

/** @param {string} name */
function isInGoal(name) {
  return goals.some(({ of, to }) => of === name || to === name);
}

/** @returns {Way[]} */
function ways() {
  const socketOf = (/** @type {string} */ name) => join(folder, `${name}.sock`);
  const node = () => [
    process.execPath,
    fileURLToPath(new URL('servers/front-wirestack.js', import.meta.url)),
  ];
  const params = (/** @type {string} */ kind) => `include /etc/nginx/${kind}_params;`;
  const fastCgi = params('fastcgi');
  /** @param {string} name @param {string} protocol @param {string} pass */
  const ours = (name, protocol, pass) => ({
    name,
    pass,
    socket: socketOf(name),
    command: node,
    env: { PROTOCOL: protocol },
  });
  const kept = (/** @type {string} */ name) =>
    `upstream ${name} { server unix:${socketOf(name)}; keepalive ${String(connections)}; }`;
  return [
    {
      ...ours('fastcgi-kept', 'fastcgi', `${fastCgi} fastcgi_keep_conn on; fastcgi_pass fastcgi-kept;`),
      upstream: kept('fastcgi-kept'),
    },
    ours('fastcgi', 'fastcgi', `${fastCgi} fastcgi_pass unix:${socketOf('fastcgi')};`),
    {
      ...ours(
        'http',
        'http',
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://http;',
      ),
      upstream: kept('http'),
    },
    ours('http-unkept', 'http', `proxy_pass http://unix:${socketOf('http-unkept')};`),
    ours('scgi', 'scgi', `${params('scgi')} scgi_pass unix:${socketOf('scgi')};`),
    ours('uwsgi', 'uwsgi', `${params('uwsgi')} uwsgi_pass unix:${socketOf('uwsgi')};`),
    {
      name: 'libfcgi-kept',
      pass: `${fastCgi} fastcgi_keep_conn on; fastcgi_pass libfcgi-kept;`,
      upstream: kept('libfcgi-kept'),
      socket: socketOf('libfcgi-kept'),
      command: (socket) => compiled('front-libfcgi', ['-lfcgi'], [socket, String(connections)]),
    },
    {
      name: 'libfcgi',
      pass: `${fastCgi} fastcgi_pass unix:${socketOf('libfcgi')};`,
      socket: socketOf('libfcgi'),
      command: (socket) => compiled('front-libfcgi', ['-lfcgi'], [socket, '1']),
    },
    {
      name: 'fcgiwrap',
      pass: `${fastCgi} fastcgi_param SCRIPT_FILENAME ${folder}/front-cgi; fastcgi_pass unix:${socketOf('fcgiwrap')};`,
      socket: socketOf('fcgiwrap'),
      command: (socket) => {
        const program = has('fcgiwrap') ? 'fcgiwrap' : '/usr/sbin/fcgiwrap';
        if (!has(program) || compiled('front-cgi', [], []) === undefined) return undefined;
        // One process: more of them would outlive it.
        return [program, '-c', '1', '-s', `unix:${socket}`];
      },
    },
  ];
}

/**
 * The command of a program in C, or undefined where it cannot be compiled.
 *
 * @param {string} name
 * @param {string[]} libraries
 * @param {string[]} args
 */
function compiled(name, libraries, args) {
  const program = join(folder, name);
  const source = fileURLToPath(new URL(`servers/${name}.c`, import.meta.url));
  if (!existsSync(program) && spawnSync('cc', ['-O2', '-o', program, source, ...libraries]).status !== 0)
    return undefined;
  return [program, ...args];
}

/**
 * @param {Way} way
 * @returns {Promise<Running | undefined>}
 */
async function start(way) {
  const command = way.command(way.socket);
  if (command === undefined) return undefined;
  const child = await startProgram(command, serverCpu, { ...way.env, LISTEN: way.socket });
  await untilListening({ path: way.socket }, child.isGone);
  return { way, pid: child.pid, stop: child.stop };
}

async function startNginx() {
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const name of temporary) mkdirSync(join(folder, name));
  const file = join(folder, 'nginx.conf');
  const all = running.map(({ way }) => way);
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors.log error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; tcp_nodelay on;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${all.map(({ upstream = '' }) => upstream).join('\n  ')}
  server {
    listen 127.0.0.1:${String(port)} backlog=1024;
    ${all.map(({ name, pass }) => `location = /${name} { ${pass} }`).join('\n    ')}
  }
}
`,
  );
  // With the load: what is compared is the CPU of the applications, and they have one of their own.
  const child = await startProgram(
    ['nginx', '-p', folder, '-e', join(folder, 'errors.log'), '-c', file],
    loadCpu,
    {},
  );
  await untilListening(port, child.isGone);
  return { port, pid: child.pid, stop: child.stop };
}

/**
 * @param {string[]} command
 * @param {number | undefined} cpu
 * @param {Record<string, string>} env
 */
async function startProgram(command, cpu, env) {
  const [program, ...args] = pinned(cpu, command);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  return {
    pid: /** @type {number} */ (child.pid),
    isGone: () => child.exitCode !== null,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** All answer the same. @param {Way} way @param {number} port */
async function verify({ name }, port) {
  const response = await fetch(`http://127.0.0.1:${String(port)}/${name}`);
  const text = await response.text();
  const { status, headers } = response;
  const fields = ['content-type', 'x-method', 'content-length'].map((field) => headers.get(field)).join(' ');
  const expected = `hello /${name}\n`;
  if (
    status !== 200 ||
    text !== expected ||
    fields !== `text/plain; charset=utf-8 GET ${String(expected.length)}`
  )
    throw new Error(`${name} answered ${String(status)} ${fields} ${JSON.stringify(text)}`);
}

/**
 * @param {Running} one
 * @param {{ port: number, pid: number }} front
 * @returns {Promise<Sample>}
 */
async function measure(one, front) {
  const before = { app: treeCpuSecondsWithEnded(one.pid), nginx: cpuSeconds(front.pid) };
  const { requests, seconds: taken, errors } = await drive(one, front.port, seconds);
  if (errors > 0) throw new Error(`${one.way.name} answered ${String(errors)} requests wrongly`);
  if (requests === 0) throw new Error(`${one.way.name} answered nothing in ${String(seconds)} s`);
  const microsOf = (/** @type {number} */ used) => (used / requests) * 1e6;
  return {
    name: one.way.name,
    rate: requests / taken,
    cpuMicros: microsOf(treeCpuSecondsWithEnded(one.pid) - before.app),
    nginxMicros: microsOf(cpuSeconds(front.pid) - before.nginx),
  };
}

/**
 * @param {Running} one
 * @param {number} port
 * @param {number} duration  seconds
 */
function drive({ way }, port, duration) {
  const fields = {
    Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0)',
  };
  const scenario = { name: way.name, method: 'GET', body: '', fields };
  return load({
    port,
    path: `/${way.name}`,
    scenario: /** @type {import('./scenarios.js').Scenario} */ (/** @type {unknown} */ (scenario)),
    depth: 1,
    connections,
    seconds: duration,
    cpu: loadCpu,
    folder,
  });
}

/** @param {string} name */
function summarise(name) {
  const of = (/** @type {string} */ one) => samples.filter((sample) => sample.name === one);
  const rateOf = (/** @type {string} */ one) => median(of(one).map(({ rate }) => rate));
  const cpuOf = (/** @type {string} */ one) => median(of(one).map(({ cpuMicros }) => cpuMicros));
  const leastOf = (/** @type {string} */ one) => Math.min(...of(one).map(({ cpuMicros }) => cpuMicros));
  return {
    name,
    rate: rateOf(name),
    toHttp: rateOf(name) / rateOf('http'),
    cpuMicros: cpuOf(name),
    leastCpuMicros: leastOf(name),
    cpuToHttp: cpuOf('http') / cpuOf(name),
    leastCpuToHttp: leastOf('http') / leastOf(name),
    cpuToFcgiwrap: cpuOf('fcgiwrap') / cpuOf(name),
    nginxMicros: median(of(name).map(({ nginxMicros }) => nginxMicros)),
  };
}

/** @param {ReturnType<typeof summarise>} row */
function line(row) {
  const ratio = (/** @type {number} */ value) => (Number.isFinite(value) ? value.toFixed(2) : '–');
  return [
    row.name,
    row.rate.toFixed(0),
    ratio(row.toHttp),
    row.cpuMicros.toFixed(1),
    row.leastCpuMicros.toFixed(1),
    ratio(row.cpuToHttp),
    ratio(row.leastCpuToHttp),
    ratio(row.cpuToFcgiwrap),
    row.nginxMicros.toFixed(1),
  ];
}
