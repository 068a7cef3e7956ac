// @ts-check
/**
 * Remote calls side by side: ours, vscode-jsonrpc, capnweb, jayson and the raw node:net limit, interleaved in one run.
 * See bench/README.md for the options and how to read the table.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startChild } from '../child.js';
import { isPinned, loadCpu, serverCpu } from '../cpus.js';
import { machine } from '../figures.js';
import { machineBusySeconds, ownCpuSeconds } from '../proc.js';
import { ends } from './ends/index.js';
import { summarise, table } from './report.js';
import { measureXml, xmlTable } from './xml.js';

/**
 * @typedef {object} Pair
 * @property {string} name
 * @property {import('../child.js').Child} server
 * @property {import('../child.js').Child} client
 */

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    depths: { type: 'string', default: '1,64,1024' },
    calls: { type: 'string', default: 'add' },
    ends: { type: 'string', default: [...ends.keys()].join(',') },
    'no-xml': { type: 'boolean', default: false },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : whole('rounds', options.rounds);
const seconds = options.quick ? 0.5 : whole('seconds', options.seconds);
const depths = options.depths.split(',').map((text) => whole('depths', text));
const calls = /** @type {import('./ends/index.js').Call[]} */ (options.calls.split(','));
const warmUpSeconds = options.quick ? 0.3 : 1;
/** Others may use this share of two CPUs before a run is thrown away, and so often a run is tried. */
const foreignLimit = 0.1;
const tries = options.quick ? 1 : 4;

if (!isPinned) console.warn('Server and client share their CPUs: ratios are less sharp.');

/** @type {import('./report.js').Sample[]} */
const samples = [];
let thrownAway = 0;
/** @type {Pair[]} */
const pairs = [];
try {
  for (const name of options.ends.split(',')) pairs.push(await start(name));
  for (const { client } of pairs) {
    for (const call of calls) {
      for (const inFlight of depths) await client.ask('drive', { call, inFlight, seconds: warmUpSeconds });
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const call of calls) {
      for (const inFlight of depths) {
        for (let i = 0; i < pairs.length; i++) {
          samples.push(await measure(pairs[(i + round) % pairs.length], call, inFlight));
        }
      }
    }
    process.stderr.write('.');
  }
} finally {
  for (const { server, client } of pairs) {
    await client.stop();
    await server.stop();
  }
}
const rows = summarise(samples);
const shape = `${String(rounds)} rounds of ${String(seconds)} s, ${String(thrownAway)} thrown away for foreign load`;
console.log(`\n${machine()}; ${shape}\n\n${table(rows)}`);
const xml = options['no-xml'] ? undefined : await measureXml(options.quick ? 3 : 15);
if (xml !== undefined) console.log(`\nXML-RPC: ${xml.document}\n\n${xmlTable(xml.rows)}`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), isPinned, rounds, seconds, thrownAway, rows, samples, xml }, undefined, 2)}\n`,
);

/** @param {string} name */
async function start(name) {
  if (!ends.has(name)) throw new Error(`no end ${name}: ${[...ends.keys()].join(', ')}`);
  const file = new URL('end.js', import.meta.url);
  const server = await startChild(file, { args: [name], cpu: serverCpu });
  const client = await startChild(file, { args: [name], cpu: loadCpu });
  await client.ask('connect', { port: await server.ask('serve') });
  return { name, server, client };
}

/**
 * @param {Pair} pair
 * @param {import('./ends/index.js').Call} call
 * @param {number} inFlight
 * @returns {Promise<import('./report.js').Sample>}
 */
async function measure({ name, server, client }, call, inFlight) {
  for (let attempt = 1; ; attempt++) {
    const before = { cpu: await server.ask('cpu'), ...usage() };
    const result = await client.ask('drive', { call, inFlight, seconds });
    const after = { cpu: await server.ask('cpu'), ...usage() };
    const serverMicros = after.cpu - before.cpu;
    const used = (serverMicros + result.cpuMicros) / 1e6 + after.own - before.own;
    const foreign = after.machine - before.machine - used;
    const foreignShare = Math.max(0, foreign / (2 * (after.clock - before.clock)));
    const isDisturbed = foreignShare > foreignLimit;
    if (isDisturbed && attempt < tries) {
      thrownAway++;
      continue;
    }
    return {
      name,
      call,
      inFlight,
      rate: result.calls / result.seconds,
      serverMicros: serverMicros / result.calls,
      clientMicros: result.cpuMicros / result.calls,
      foreignShare,
      isDisturbed,
    };
  }
}

function usage() {
  return { machine: machineBusySeconds(), own: ownCpuSeconds(), clock: performance.now() / 1000 };
}

/**
 * @param {string} name
 * @param {string} text
 */
function whole(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes whole numbers from 1, not ${text}`);
  return Number(text);
}
