// @ts-check
// Opens connections and leaves them at every stage, by a seeded die; then looks for what was left behind.
// node --expose-gc soak.js CONNECTIONS [SEED]: prints one line of JSON.
import { setMaxListeners } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, kinds } from './soak-clients.js';
import { servicesIn } from './soak-servers.js';
import { Tally } from './soak-tally.js';

/** Connections on their way at the same time. */
const lanes = 64;
/** After so many, one of the servers is closed and another takes its place. */
const turnover = 500;
/** No deadline here is as long. */
const stallMs = 10_000;

const size = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const random = seededRandom(seed);
const tally = new Tally();
const { gc } = globalThis;
if (gc === undefined) throw new Error('start node with --expose-gc');
process.on('warning', (warning) => tally.fault(String(warning)));
process.on('uncaughtException', (error) => tally.fault(`uncaught: ${error.stack ?? error.message}`));
process.on('unhandledRejection', (reason) => tally.fault(`unhandled: ${String(reason)}`));

const directory = mkdtempSync(join(tmpdir(), 'wirestack-soak-'));
try {
  const started = performance.now();
  // What is opened once, at first use, is no leak.
  await session(200);
  const before = await left();
  const warm = Math.max(size / 10, Math.min(size / 2, 5_000));
  await session(warm);
  const warmed = await left();
  await session(size - warm - 200);
  const after = await left();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  const { opened, ended, codes, kinds, faults } = tally;
  console.log(
    JSON.stringify({ size, seed, seconds, opened, ended, kinds, codes, faults, before, warmed, after }),
  );
} finally {
  rmSync(directory, { recursive: true });
}

/** @param {number} connections */
async function session(connections) {
  const makers = Object.entries(servicesIn(directory, tally, random));
  /** @type {Record<string, import('./soak-servers.js').Service>} */
  const services = {};
  for (const [name, make] of makers) services[name] = await make();
  const shared = new AbortController();
  setMaxListeners(0, shared.signal);
  const closing = /** @type {Promise<void>[]} */ ([]);
  let begun = 0;
  const lane = async () => {
    for (let client = new Client(tally, random, services, shared.signal); begun < connections;) {
      if (++begun % turnover === 0) closing.push(tally.run('a change of servers', renewOne));
      const [name, , run] = anyKind();
      tally.kinds[name] = (tally.kinds[name] ?? 0) + 1;
      await tally.run(name, () => run(client));
    }
  };
  const renewOne = async () => {
    const [name, make] = makers[Math.floor(random() * makers.length)] ?? [];
    if (name === undefined || make === undefined) return;
    const old = services[name];
    services[name] = await make();
    if (random() < 0.5) await old?.close();
    else await old?.drain({ timeoutMs: random() * 20, signal: shared.signal });
  };
  const work = async () => {
    await Promise.all(Array.from({ length: lanes }, lane));
    await Promise.all(closing);
    await Promise.all(Object.values(services).map((service) => service.close()));
    await tally.settled();
  };
  await unlessStalled(work(), () => begun);
  tally.isReleased(shared.signal, 'what was done with one signal for all');
}

function anyKind() {
  let dice = random() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  const found = kinds.find(([, weight]) => (dice -= weight) < 0) ?? kinds[0];
  return /** @type {typeof kinds[number]} */ (found);
}

/** What the process holds, once what is garbage has gone. */
async function left() {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    await gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().sort(),
    heapUsed,
    external,
    rss,
  };
}

/**
 * Ends the process where nothing is begun any more, and what was begun does not end.
 * @param {Promise<void>} work
 * @param {() => number} progress
 */
async function unlessStalled(work, progress) {
  let last = -1;
  const timer = setInterval(() => {
    const { opened, ended, running, codes, faults } = tally;
    if (progress() === last) {
      console.log(JSON.stringify({ stalledAt: last, opened, ended, running, codes, faults }));
      process.exit(1);
    }
    last = progress();
  }, stallMs);
  await work;
  clearInterval(timer);
}

/** Mulberry32: the same connections for the same seed, as far as the network is the same. @param {number} state */
function seededRandom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
