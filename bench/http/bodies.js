// @ts-check
/**
 * Files sent and uploads taken: node:http with a read stream, ours, and nginx with sendfile. curl asks, in a process for each transfer at a time. Megabytes a
 * second, and a CPU second of the server, which is what counts on a machine that has other work. `node bench/http/bodies.js [--rounds 5] [--quick]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCpu, pinned, serverCpu } from '../cpus.js';
import { columns, machine, median } from '../figures.js';
import { cpuSeconds, peakMegabytes, resetPeak } from '../proc.js';
import { isHere, startServer } from './processes.js';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, quick: { type: 'boolean', default: false } },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const megabyte = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), 'wirestack-bodies-'));
writeFileSync(join(folder, 'small'), Buffer.alloc(megabyte, 'x'));
writeFileSync(join(folder, 'large'), Buffer.alloc(100 * megabyte, 'x'));

/** @type {{ title: string, clients: number, each: number, bytes: number, args: (url: string) => string[], servers: string[] }[]} */
const loads = [
  {
    title: '1 MB × 8',
    clients: 8,
    each: 100,
    bytes: megabyte,
    args: (url) => [`${url}/small?[1-100]`],
    servers: ['bodies-node', 'bodies-wirestack', 'nginx'],
  },
  {
    title: '100 MB × 2',
    clients: 2,
    each: 10,
    bytes: 100 * megabyte,
    args: (url) => [`${url}/large?[1-10]`],
    servers: ['bodies-node', 'bodies-wirestack', 'nginx'],
  },
  {
    title: 'upload of 100 MB × 2',
    clients: 2,
    each: 5,
    bytes: 100 * megabyte,
    args: (url) => ['-H', 'Expect:', '-T', join(folder, 'large'), `${url}/up?[1-5]`],
    servers: ['bodies-node', 'bodies-wirestack'],
  },
];

console.log(`${machine()}; ${String(rounds)} rounds\n`);
try {
  for (const load of loads) {
    const servers = [];
    for (const name of load.servers.filter(isHere)) {
      servers.push(await startServer(name, { env: { FILES: folder }, cpu: serverCpu }));
    }
    /** @type {Map<string, { rate: number, cpuRate: number, peak: number }[]>} */
    const samples = new Map(servers.map(({ name }) => [name, []]));
    try {
      for (const server of servers) await transfer(server, load);
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < servers.length; i++) {
          const server = servers[(i + round) % servers.length];
          samples.get(server.name)?.push(await transfer(server, load));
        }
      }
    } finally {
      for (const server of servers) await server.stop();
    }
    const of = (/** @type {string} */ name, /** @type {'rate' | 'cpuRate' | 'peak'} */ what) =>
      median((samples.get(name) ?? []).map((sample) => sample[what]));
    const lines = servers.map(({ name }) => [
      name,
      of(name, 'rate').toFixed(0),
      (of(name, 'rate') / of('bodies-node', 'rate')).toFixed(2),
      of(name, 'cpuRate').toFixed(0),
      (of(name, 'cpuRate') / of('bodies-node', 'cpuRate')).toFixed(2),
      of(name, 'peak').toFixed(0),
    ]);
    console.log(
      `${columns([[load.title, 'MB/s', '× node', 'MB a CPU s', '× node', 'peak MB'], ...lines])}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {import('./processes.js').Server} server
 * @param {(typeof loads)[number]} load
 */
async function transfer({ pid, port }, { clients, each, bytes, args }) {
  resetPeak(pid);
  const before = { cpu: cpuSeconds(pid), clock: performance.now() };
  await Promise.all(Array.from({ length: clients }, () => curl(args(`http://127.0.0.1:${String(port)}`))));
  const seconds = (performance.now() - before.clock) / 1000;
  const megabytes = (clients * each * bytes) / megabyte;
  return {
    rate: megabytes / seconds,
    cpuRate: megabytes / (cpuSeconds(pid) - before.cpu),
    peak: peakMegabytes(pid),
  };
}

/** @param {string[]} args */
async function curl(args) {
  const [program, ...rest] = pinned(loadCpu, [
    'curl',
    '-sS',
    '--fail-early',
    '-f',
    '-o',
    '/dev/null',
    ...args,
  ]);
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`curl ended with ${String(code)}`);
}
