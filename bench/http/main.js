// @ts-check
/**
 * HTTP servers side by side: ours, node:http, fastify, hono, nginx, Bun, Deno and the raw node:net limit, interleaved in one run.
 * See bench/README.md for the options and how to read the table.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPinned, loadCpu, serverCpu } from '../cpus.js';
import { machine } from '../figures.js';
import { cpuSeconds, machineBusySeconds, ownCpuSeconds, peakMegabytes, resetPeak } from '../proc.js';
import { load, tools } from './load.js';
import { isHere, startServer } from './processes.js';
import { markdown, summarise, table } from './report.js';
import { scenarios } from './scenarios.js';
import { verify } from './verify.js';

/**
 * @typedef {import('./processes.js').Server} Server
 * @typedef {import('./scenarios.js').Scenario} Scenario
 */

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
const rounds = options.quick ? 1 : whole('rounds', options.rounds);
const seconds = options.quick ? 1 : whole('seconds', options.seconds);
const connections = whole('connections', options.connections);
const depths = options.depths.split(',').map((text) => whole('depths', text));
const chosen = options.scenario.split(',').map((name) => {
  const scenario = scenarios.get(name);
  if (scenario === undefined) throw new Error(`no scenario ${name}: ${[...scenarios.keys()].join(', ')}`);
  return scenario;
});
const warmUpSeconds = 1;
/** Others may use this share of two CPUs before a run is thrown away, and so often a run is tried. */
const foreignLimit = 0.1;
const tries = options.quick ? 1 : 4;

if (!tools.wrk) {
  console.warn('wrk is not installed: autocannon drives the servers, and its own speed understates them.');
}
if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');

const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
/** @type {import('./report.js').Sample[]} */
const samples = [];
let thrownAway = 0;
try {
  for (const scenario of chosen) await runScenario(scenario);
} finally {
  rmSync(folder, { recursive: true });
}
const rows = summarise(samples);
const shape = `${String(connections)} connections, ${String(rounds)} rounds of ${String(seconds)} s`;
const driver = tools.wrk ? 'wrk' : 'autocannon';
console.log(`\n${machine()}; ${driver}, ${shape}; ${String(thrownAway)} runs thrown away for foreign load\n`);
console.log(`${table(rows)}\n\n${markdown(rows)}`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), driver, isPinned, connections, rounds, seconds, thrownAway, rows, samples }, undefined, 2)}\n`,
);

// A peer that fails is a finding; one of ours that does is a fault.
const failed = rows.filter(({ server, errors }) => server.startsWith('wirestack-') && errors > 0);
for (const { scenario, server, depth, errors } of failed) {
  console.error(`${server}: ${String(errors)} errors at ${scenario}, depth ${String(depth)}`);
  process.exitCode = 1;
}

/** @param {Scenario} scenario */
async function runScenario(scenario) {
  /** @type {Server[]} */
  const servers = [];
  try {
    for (const name of options.servers?.split(',') ?? scenario.servers) {
      if (!isHere(name)) {
        console.warn(`${name} is not installed: no row for it`);
        continue;
      }
      servers.push(await startServer(name, { env: scenario.env, cpu: serverCpu }));
    }
    for (const server of servers) await verify(server, scenario);
    for (const { port } of servers) {
      for (const depth of depths) await drive(port, scenario, depth, warmUpSeconds);
    }
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < servers.length; i++) {
        const server = servers[(i + round) % servers.length];
        for (const depth of depths) samples.push(await measure(scenario, server, depth));
      }
      process.stderr.write('.');
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

/**
 * @param {Scenario} scenario
 * @param {Server} server
 * @param {number} depth
 * @returns {Promise<import('./report.js').Sample>}
 */
async function measure(scenario, { name, port, pid }, depth) {
  for (let attempt = 1; ; attempt++) {
    resetPeak(pid);
    const before = usage(pid);
    const result = await drive(port, scenario, depth, seconds);
    const after = usage(pid);
    const serverSeconds = after.server - before.server;
    const foreign = after.machine - before.machine - serverSeconds - (after.own - before.own);
    const foreignShare = Math.max(0, foreign / (2 * (after.clock - before.clock)));
    const disturbed = foreignShare > foreignLimit;
    if (disturbed && attempt < tries) {
      thrownAway++;
      continue;
    }
    return {
      scenario: scenario.name,
      server: name,
      depth,
      rate: result.requests / result.seconds,
      cpuMicros: (serverSeconds / result.requests) * 1e6,
      p99Ms: result.latencyMs.p99,
      peakMegabytes: peakMegabytes(pid),
      foreignShare,
      errors: result.errors,
      disturbed,
      timeouts: result.timeouts,
    };
  }
}

/** @param {number} pid */
function usage(pid) {
  return {
    server: cpuSeconds(pid),
    machine: machineBusySeconds(),
    own: ownCpuSeconds(),
    clock: performance.now() / 1000,
  };
}

/**
 * @param {number} port
 * @param {Scenario} scenario
 * @param {number} depth
 * @param {number} duration
 */
function drive(port, scenario, depth, duration) {
  return load({ port, scenario, depth, connections, seconds: duration, cpu: loadCpu, folder });
}

/**
 * @param {string} name
 * @param {string} text
 */
function whole(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes whole numbers from 1, not ${text}`);
  return Number(text);
}
