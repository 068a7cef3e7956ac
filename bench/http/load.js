/** Drives a server: wrk where it is installed, else autocannon. Both in a process of their own, pinned to `cpu` where that can be done. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

export const tools = { wrk: has('wrk'), taskset: has('taskset') };

/** `command` on `cpu` only. */
export function pinned(cpu, command) {
  return cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
}

/** Runs one load. Resolves to { requests, seconds, errors, latencyMs: { p50, p99 }, cpuSeconds }. */
export async function load({ port, scenario, depth, connections, seconds, cpu, folder }) {
  return tools.wrk
    ? parseWrk(
        await run(pinned(cpu, wrkCommand({ port, scenario, depth, connections, seconds, folder }))),
        seconds,
      )
    : parseAutocannon(
        await run(pinned(cpu, autocannonCommand({ port, scenario, depth, connections, seconds }))),
        seconds,
      );
}

function wrkCommand({ port, scenario, depth, connections, seconds, folder }) {
  const script = join(
    folder,
    `${scenario.method ?? 'GET'}-${String(depth)}-${String(Object.keys(scenario.fields).length)}.lua`,
  );
  const fields = Object.entries(scenario.fields).map(
    ([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`,
  );
  writeFileSync(
    script,
    `wrk.method = ${lua(scenario.method ?? 'GET')}
${scenario.body === undefined ? '' : `wrk.body = ${lua(scenario.body)}`}
${fields.join('\n')}
init = function() local one = wrk.format(nil, '/') batch = string.rep(one, ${String(depth)}) end
request = function() return batch end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('result %d %d %d %f %f', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
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

function parseWrk(output) {
  const match = /^result (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)$/m.exec(output);
  if (match === null) throw new Error(`wrk said:\n${output}`);
  const [requests, micros, errors, p50, p99] = match.slice(1).map(Number);
  return { requests, seconds: micros / 1e6, errors, latencyMs: { p50: p50 / 1000, p99: p99 / 1000 } };
}

function autocannonCommand({ port, scenario, depth, connections, seconds }) {
  const cli = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
  const fields = Object.entries(scenario.fields).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const body = scenario.body === undefined ? [] : ['-b', scenario.body];
  return [
    process.execPath,
    cli,
    '--json',
    '-n',
    '-m',
    scenario.method ?? 'GET',
    '-c',
    String(connections),
    '-p',
    String(depth),
    '-d',
    String(seconds),
    ...fields,
    ...body,
    `http://127.0.0.1:${String(port)}/`,
  ];
}

function parseAutocannon(output) {
  const result = JSON.parse(output.slice(output.indexOf('{')));
  return {
    requests: result['2xx'],
    seconds: result.duration,
    errors: result.errors + result.timeouts + result.non2xx,
    latencyMs: { p50: result.latency.p50, p99: result.latency.p99 },
  };
}

const lua = (text) => `[==[${text}]==]`;

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
