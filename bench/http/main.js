/**
 * HTTP servers side by side: ours, node:http, fastify, hono, and the raw node:net limit, interleaved in one run.
 * See bench/README.md for the options and how to read the table.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, tools } from './load.js';
import { cpuSeconds, machineBusySeconds, peakMegabytes, startServer } from './processes.js';
import { machine, markdown, summarise, table } from './report.js';
import { scenarios } from './scenarios.js';
import { body } from './servers/answer.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    depths: { type: 'string', default: '1,16' },
    scenario: { type: 'string', default: 'hello' },
    servers: { type: 'string' },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const seconds = options.quick ? 1 : Number(options.seconds);
const depths = options.depths.split(',').map(Number);
const isPinned = tools.taskset && availableParallelism() >= 2;
const serverCpu = isPinned ? 0 : undefined;
const loadCpu = isPinned ? 1 : undefined;
/** Others may use this share of the machine before a run is thrown away, and a run is repeated so often. */
const foreignShare = 0.1;
const tries = options.quick ? 1 : 3;

if (!tools.wrk)
  console.warn(
    'wrk is not installed: autocannon drives the servers instead, and its own speed limits the figures.',
  );
if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');

const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
const samples = [];
try {
  for (const name of options.scenario.split(',')) await runScenario(name);
} finally {
  rmSync(folder, { recursive: true });
}
const rows = summarise(samples);
console.log(
  `\n${machine()}; ${options.connections} connections, ${String(rounds)} rounds of ${String(seconds)} s\n`,
);
console.log(`${table(rows)}\n\n${markdown(rows)}`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), rounds, seconds, rows, samples }, undefined, 2)}\n`,
);

async function runScenario(name) {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}: ${Object.keys(scenarios).join(', ')}`);
  const wanted = options.servers?.split(',') ?? scenario.servers;
  const servers = [];
  try {
    for (const server of wanted) {
      servers.push({ server, ...(await startServer(server, { env: scenario.env, cpu: serverCpu })) });
    }
    for (const { server, port } of servers) await verify(server, port, scenario);
    for (const { port } of servers) await drive(port, scenario, 1, 1);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < servers.length; i++) {
        const target = servers[(i + round) % servers.length];
        for (const depth of depths) samples.push(await measure(name, scenario, target, depth));
      }
      process.stderr.write('.');
    }
  } finally {
    for (const { stop } of servers) await stop();
  }
}

async function measure(name, scenario, { server, port, pid }, depth) {
  for (let attempt = 1; ; attempt++) {
    const before = { server: cpuSeconds(pid), machine: machineBusySeconds(), own: ownCpu() };
    const result = await drive(port, scenario, depth, seconds);
    const used = cpuSeconds(pid) - before.server;
    // The load generator has one CPU to itself, so the busy time it may claim is bounded by the clock.
    const foreign = machineBusySeconds() - before.machine - used - (ownCpu() - before.own) - result.seconds;
    const disturbed = foreign / (2 * result.seconds) > foreignShare;
    if (disturbed && attempt < tries) continue;
    if (result.errors > 0) throw new Error(`${server}: ${String(result.errors)} errors`);
    return {
      scenario: name,
      server,
      depth,
      rate: result.requests / result.seconds,
      cpuMicros: (used / result.requests) * 1e6,
      p99Ms: result.latencyMs.p99,
      peakMegabytes: peakMegabytes(pid),
      disturbed,
    };
  }
}

function drive(port, scenario, depth, duration) {
  return load({
    port,
    scenario,
    depth,
    connections: Number(options.connections),
    seconds: duration,
    cpu: loadCpu,
    folder,
  });
}

function ownCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Three pipelined requests must get three complete, right answers: a server that drops or merges them would look fast. */
async function verify(server, port, scenario) {
  const method = scenario.method ?? 'GET';
  const content = scenario.body ?? '';
  const expected = scenario.body === undefined ? body : JSON.parse(scenario.body).name;
  const head = `${method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`;
  const request = `${head}${content === '' ? '' : `Content-Length: ${String(content.length)}\r\n`}\r\n${content}`;
  const received = await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request.repeat(3)));
    let text = '';
    socket.setTimeout(5000, () => socket.destroy(new Error(`${server} answered ${JSON.stringify(text)}`)));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.split(`\r\n\r\n${expected}`).length !== 4) return;
      socket.destroy();
      resolve(text);
    });
  });
  const heads = received.match(/HTTP\/1\.1 200 OK\r\n/g)?.length;
  const isRight =
    heads === 3 && /\r\ncontent-length: \d+\r\n/i.test(received) && /\r\ndate: /i.test(received);
  if (!isRight) throw new Error(`${server} answered wrongly: ${received}`);
}
