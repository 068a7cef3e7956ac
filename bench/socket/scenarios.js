// @ts-check
/** What is measured: who, under which loads, and what of the raw sockets of node ours should reach. */
import { join } from 'node:path';
import { startChild } from '../child.js';
import { loadCpu, serverCpu } from '../cpus.js';
import { treeCpuSeconds } from '../proc.js';
import { accepting, hasReusePort } from './ends/accepting.js';
import { datagrams } from './ends/datagrams.js';
import { files } from './ends/files.js';
import { readers } from './ends/readers.js';

/**
 * @typedef {object} Goal
 * @property {string} name
 * @property {number} atLeast  of the rate, or of the units a CPU second
 * @property {string} of
 *
 * @typedef {object} Contender  a process, and what has it work
 * @property {string} name
 * @property {number} pid
 * @property {() => Promise<number>} cpu  seconds used so far
 * @property {(load: any, seconds: number) => Promise<{ units: number, seconds: number }>} drive
 * @property {() => Promise<void>} stop
 *
 * @typedef {import('../child.js').Child} Child
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {Record<string, { unit: 'message' | 'packet' | 'connection' | 'byte' }>} loads  by name, with what `drive` is given of them
 * @property {string[]} contenders
 * @property {string} baseline  what ratios are to
 * @property {Goal[]} goals
 * @property {boolean} [startsAnew]  each round in fresh processes: how the heap came to lie decides whether the memory of one read serves the
 *   next, or goes back to the kernel in between, which doubles the CPU of who allocates 64 KB a read, for as long as the process lives
 * @property {(name: string, load: Child, folder: string) => Promise<Contender>} start
 */

const end = new URL('end.js', import.meta.url);
const python = new URL('echo.py', import.meta.url);
/** The name a Python peer has in the tables, and the argument it is started with. */
const pythons = new Map([
  ['python-socketserver', 'socketserver'],
  ['python-asyncio', 'asyncio'],
]);
const echoing = ['raw-net', 'wirestack-push', 'wirestack-read'];
const echoGoals = [
  { name: 'wirestack-push', atLeast: 0.95, of: 'raw-net' },
  { name: 'wirestack-read', atLeast: 0.85, of: 'raw-net' },
];
export const fileBytes = { small: 1_000_000, large: 100_000_000 };

/** @type {Scenario} */
const echo = {
  name: 'echo',
  startsAnew: true,
  title: 'Echo over TCP: throughput',
  loads: {
    bulk: message({ connections: 4, bytes: 65_536, inFlight: 16, unit: 'byte' }),
    '64 × 16 × 64 B': message({ connections: 64, bytes: 64, inFlight: 16 }),
  },
  contenders: [...echoing, ...pythons.keys()],
  baseline: 'raw-net',
  goals: echoGoals,
  start: (name, load) => (pythons.has(name) ? startPython(name, load) : startEcho(name, load)),
};

const oneInFlight = {
  '1 × 64 B': message({ connections: 1, bytes: 64, inFlight: 1 }),
  '64 × 64 B': message({ connections: 64, bytes: 64, inFlight: 1 }),
};

/** @type {Scenario} */
const pingPong = {
  ...echo,
  name: 'ping-pong',
  startsAnew: false,
  title: 'Ping-pong over TCP: one message of each connection under way',
  loads: oneInFlight,
  contenders: echoing,
};

/** @type {Scenario} */
const unix = {
  ...pingPong,
  name: 'unix',
  title: 'Ping-pong over a Unix socket',
  start: (name, load, folder) => startEcho(name, load, join(folder, `${name}.sock`)),
};

/** @type {Scenario} */
const packets = {
  name: 'datagrams',
  title: 'Echo over UDP: 64 bytes, 16 sockets, 8 packets of each under way',
  loads: { packets: { unit: 'packet' } },
  contenders: [...datagrams.keys()],
  baseline: 'raw-dgram',
  goals: ['wirestack-attach', 'wirestack-receive'].map((name) => ({ name, atLeast: 0.9, of: 'raw-dgram' })),
  async start(name, load) {
    const child = await startEnd('datagrams', name);
    const port = await child.ask('serve');
    return contender(name, child, (_, seconds) => load.ask('datagrams', { port, seconds }));
  },
};

/** @type {Scenario} */
const reading = {
  name: 'reading',
  startsAnew: true,
  title: 'A client reads what a server floods it with',
  loads: { bulk: { unit: 'byte' } },
  contenders: [...readers.keys()],
  baseline: 'net',
  goals: [{ name: 'wirestack-borrow', atLeast: 1.8, of: 'net' }],
  async start(name, load) {
    const child = await startEnd('reading', name);
    const place = await load.ask('flood');
    return contender(name, child, (_, seconds) => child.ask('drive', { place, seconds }));
  },
};

/** @type {Scenario} */
const accept = {
  name: 'accept',
  title: 'New connections: accepted, greeted with a byte, reset by the client',
  loads: { connections: { unit: 'connection' } },
  contenders: [...accepting.keys()].filter((name) => name !== 'wirestack-reuse-port' || hasReusePort),
  baseline: 'raw-net',
  goals: [
    { name: 'wirestack-cluster', atLeast: 1, of: 'wirestack-serve' },
    { name: 'wirestack-reuse-port', atLeast: 1, of: 'wirestack-serve' },
  ],
  async start(name, load) {
    const child = await startEnd('accepting', name);
    const place = await child.ask('serve');
    return {
      ...contender(name, child, (_, seconds) => load.ask('opening', { place, seconds })),
      // Of all processes that accept.
      cpu: () => Promise.resolve(treeCpuSeconds(child.pid)),
    };
  },
};

/** @type {Scenario} */
const file = {
  name: 'files',
  startsAnew: true,
  title: 'Files from the page cache',
  loads: {
    '100 MB × 2': fileLoad({ request: 'l', bytes: fileBytes.large, connections: 2 }),
    '1 MB × 8': fileLoad({ request: 's', bytes: fileBytes.small, connections: 8 }),
  },
  contenders: [...files.keys()],
  baseline: 'read-stream',
  goals: [],
  async start(name, load, folder) {
    const child = await startEnd('files', name);
    const place = await child.ask('serve', { small: join(folder, 'small'), large: join(folder, 'large') });
    return contender(name, child, (details, seconds) => load.ask('files', { ...details, place, seconds }));
  },
};

export const scenarios = new Map(
  [echo, pingPong, unix, packets, reading, accept, file].map((scenario) => [scenario.name, scenario]),
);

/** @param {import('./loads/echo.js').EchoLoad & { unit?: 'message' | 'byte' }} load */
function message(load) {
  return { unit: /** @type {const} */ ('message'), ...load };
}

/** @param {import('./loads/files.js').FileLoad} load */
function fileLoad(load) {
  return { unit: /** @type {const} */ ('byte'), ...load };
}

/**
 * @param {string} kind
 * @param {string} name
 */
function startEnd(kind, name) {
  return startChild(end, { args: [kind, name], cpu: serverCpu });
}

/**
 * @param {string} name
 * @param {Child} load
 * @param {string} [path]
 */
async function startEcho(name, load, path) {
  return echoContender(name, await startEnd('echo', name), load, path);
}

/**
 * @param {string} name
 * @param {Child} load
 */
async function startPython(name, load) {
  const args = [/** @type {string} */ (pythons.get(name))];
  return echoContender(
    name,
    await startChild(python, { args, cpu: serverCpu, interpreter: 'python3' }),
    load,
  );
}

/**
 * @param {string} name
 * @param {Child} child
 * @param {Child} load
 * @param {string} [path]
 * @returns {Promise<Contender>}
 */
async function echoContender(name, child, load, path) {
  const place = await child.ask('serve', { path });
  await load.ask('verifyEcho', { place });
  return contender(name, child, async (details, seconds) => {
    const { unit, bytes } = details;
    const result = await load.ask('echo', { ...details, place, seconds });
    return unit === 'byte' ? { ...result, units: result.units * bytes } : result;
  });
}

/**
 * @param {string} name
 * @param {Child} child
 * @param {Contender['drive']} drive
 * @returns {Contender}
 */
function contender(name, child, drive) {
  return {
    name,
    pid: child.pid,
    cpu: async () => (await child.ask('cpu')) / 1e6,
    drive,
    stop: () => child.stop(),
  };
}

export function startLoad() {
  return startChild(new URL('load.js', import.meta.url), { cpu: loadCpu });
}
