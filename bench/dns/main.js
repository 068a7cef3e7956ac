// @ts-check
/**
 * DNS side by side: the message codec beside dns-packet and its fork, the CPU that a query costs a server beside a raw socket that answers
 * with a constant, and that of a lookup beside node:dns, interleaved. See bench/README.md for the options and how to read the tables.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startChild } from '../child.js';
import { isPinned, loadCpu, serverCpu } from '../cpus.js';
import { machine } from '../figures.js';
import { servers } from './ends.js';
import { clientRows, clientTable, codecRows, codecTable, serverRows, serverTable } from './report.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: 'codec,server,client' },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 1 : whole('rounds', options.rounds);
const seconds = options.quick ? 1 : whole('seconds', options.seconds);
const codecSeconds = options.quick ? 0.1 : 0.3;
const parts = options.only.split(',');

if (!isPinned) console.warn('Server and load share their CPUs: ratios are less sharp.');
console.log(`\n${machine()}; ${String(rounds)} rounds\n`);

const codec = parts.includes('codec') ? codecRows(await measureCodec()) : [];
if (codec.length > 0) console.log(`${codecTable(codec)}\n`);
const server = parts.includes('server') ? await measureServers() : undefined;
const rows = server === undefined ? [] : serverRows(server.samples);
if (server !== undefined) console.log(`Load: ${server.driver}\n\n${serverTable(rows)}\n`);
const client = parts.includes('client') ? clientRows(await measureClients()) : [];
if (client.length > 0) console.log(`${clientTable(client)}\n`);
writeFileSync(
  options.json,
  `${JSON.stringify({ machine: machine(), isPinned, rounds, seconds, codec, server: { ...server, rows }, client }, undefined, 2)}\n`,
);

async function measureCodec() {
  const child = await startChild(new URL('codec.js', import.meta.url), { cpu: serverCpu });
  try {
    await child.ask('round', { number: 0, seconds: codecSeconds });
    /** @type {import('./codec.js').Sample[]} */
    const samples = [];
    for (let number = 0; number < rounds; number++) {
      samples.push(...(await child.ask('round', { number, seconds: codecSeconds })));
      process.stderr.write('.');
    }
    return samples;
  } finally {
    await child.stop();
  }
}

async function measureServers() {
  const load = await startChild(new URL('load.js', import.meta.url), { cpu: loadCpu });
  /** @type {{ name: string, port: number, child: import('../child.js').Child }[]} */
  const running = [];
  try {
    for (const name of servers.keys()) {
      const child = await startChild(new URL('server.js', import.meta.url), { args: [name], cpu: serverCpu });
      const port = await child.ask('serve');
      running.push({ name, port, child });
      await load.ask('drive', { port, seconds: options.quick ? 1 : 3 });
    }
    /** @type {import('./report.js').ServerSample[]} */
    const samples = [];
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < running.length; i++) {
        const { name, port, child } = running[(i + round) % running.length];
        const before = await child.ask('cpu');
        const result = await load.ask('drive', { port, seconds });
        const micros = (await child.ask('cpu')) - before;
        samples.push({ name, rate: result.answers / result.seconds, micros: micros / result.answers });
      }
      process.stderr.write('.');
    }
    return { driver: /** @type {string} */ (await load.ask('driver')), samples };
  } finally {
    for (const { child } of running) await child.stop();
    await load.stop();
  }
}

async function measureClients() {
  const server = await startChild(new URL('server.js', import.meta.url), {
    args: ['wirestack'],
    cpu: loadCpu,
  });
  /** @type {{ name: string, child: import('../child.js').Child }[]} */
  const running = [];
  try {
    const port = await server.ask('serve');
    for (const name of ['wirestack', 'node:dns']) {
      const child = await startChild(new URL('client.js', import.meta.url), { args: [name], cpu: serverCpu });
      running.push({ name, child });
      await child.ask('drive', { port, seconds: options.quick ? 1 : 3 });
    }
    /** @type {import('./report.js').ServerSample[]} */
    const samples = [];
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < running.length; i++) {
        const { name, child } = running[(i + round) % running.length];
        const before = await child.ask('cpu');
        const result = await child.ask('drive', { port, seconds });
        const micros = (await child.ask('cpu')) - before;
        samples.push({ name, rate: result.answers / result.seconds, micros: micros / result.answers });
      }
      process.stderr.write('.');
    }
    return samples;
  } finally {
    for (const { child } of running) await child.stop();
    await server.stop();
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function whole(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes whole numbers from 1, not ${text}`);
  return Number(text);
}
