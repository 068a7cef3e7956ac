// @ts-check
/** Drives a server: wrk where it is installed, else autocannon. Both in a process of their own, pinned to `cpu` where that can be done. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { has, pinned } from '../cpus.js';

/**
 * @typedef {object} Load
 * @property {number} port
 * @property {import('./scenarios.js').Scenario} scenario
 * @property {number} depth        requests a client sends before it waits
 * @property {number} connections
 * @property {number} seconds      a whole number
 * @property {number | undefined} cpu
 * @property {string} folder       for wrk's scripts
 * @property {string} [path]       default `/`
 *
 * @typedef {object} LoadResult
 * @property {number} requests     answered
 * @property {number} seconds      that it took
 * @property {number} errors       of connections, and answers other than 2xx
 * @property {number} timeouts     answers that took long: on a busy machine no fault
 * @property {{ p50: number, p99: number }} latencyMs
 */

export const tools = { wrk: has('wrk') };

/**
 * @param {Load} options
 * @returns {Promise<LoadResult>}
 */
export async function load(options) {
  const command = tools.wrk ? wrkCommand(options) : autocannonCommand(options);
  const output = await run(pinned(options.cpu, command));
  return tools.wrk ? parseWrk(output) : parseAutocannon(output);
}

/** @param {Load} options */
function wrkCommand({ port, scenario, depth, connections, seconds, folder, path = '/' }) {
  const script = join(folder, `${scenario.name}-${String(depth)}.lua`);
  const fields = Object.entries(scenario.fields).map(
    ([name, value]) => `wrk.headers[ ${lua(name)} ] = ${lua(value)}`,
  );
  writeFileSync(
    script,
    `wrk.method = ${lua(scenario.method)}
${scenario.body === '' ? '' : `wrk.body = ${lua(scenario.body)}`}
${fields.join('\n')}
init = function() local one = wrk.format(nil, ${lua(path)}) batch = string.rep(one, ${String(depth)}) end
request = function() return batch end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('result %d %d %d %d %f %f', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status, e.timeout, latency:percentile(50), latency:percentile(99)))
end
`,
  );
  return [
    'wrk',
    '-t1',
    `-c${String(connections)}`,
    `-d${String(seconds)}s`,
    '-s',
    script,
    `http://127.0.0.1:${String(port)}/`,
  ];
}

/**
 * @param {string} output
 * @returns {LoadResult}
 */
function parseWrk(output) {
  const match = /^result (\d+) (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)$/m.exec(output);
  if (match === null) throw new Error(`wrk said:\n${output}`);
  const [requests, micros, errors, timeouts, p50, p99] = match.slice(1).map(Number);
  return {
    requests,
    seconds: micros / 1e6,
    errors,
    timeouts,
    latencyMs: { p50: p50 / 1000, p99: p99 / 1000 },
  };
}

/** @param {Load} options */
function autocannonCommand({ port, scenario, depth, connections, seconds, path = '/' }) {
  const cli = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
  const fields = Object.entries(scenario.fields).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const body = scenario.body === '' ? [] : ['-b', scenario.body];
  const numbers = ['-c', String(connections), '-p', String(depth), '-d', String(seconds)];
  return [
    process.execPath,
    cli,
    '--json',
    '--no-progress',
    '-m',
    scenario.method,
    ...numbers,
    ...fields,
    ...body,
    `http://127.0.0.1:${String(port)}${path}`,
  ];
}

/**
 * @param {string} output
 * @returns {LoadResult}
 */
function parseAutocannon(output) {
  const result = JSON.parse(output.slice(output.indexOf('{')));
  return {
    requests: result['2xx'],
    seconds: result.duration,
    errors: result.errors - result.timeouts + result.non2xx,
    timeouts: result.timeouts,
    latencyMs: { p50: result.latency.p50, p99: result.latency.p99 },
  };
}

/** @param {string} text */
const lua = (text) => `[==[${text}]==]`;

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
      code === 0 ? resolve(output) : reject(new Error(`${program} exited with ${String(code)}\n${output}`)),
    );
  });
}
