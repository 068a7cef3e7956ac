// @ts-check
/** Asks a server for all hosts in turn: dnsperf where it is installed, else sockets of node:dgram. A hundred queries are under way. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode, query } from '@wirestack/dns/message';
import { answer } from '../child.js';
import { has } from '../cpus.js';
import { hosts } from './ends.js';

const sockets = 10;
const queriesEach = 10;
const driver = has('dnsperf') ? 'dnsperf' : 'node:dgram';

answer({
  driver: () => driver,
  drive: ({ port, seconds }) => (driver === 'dnsperf' ? dnsperf(port, seconds) : datagrams(port, seconds)),
});

/**
 * @typedef {object} LoadResult
 * @property {number} answers
 * @property {number} seconds
 */

/**
 * @param {number} port
 * @param {number} seconds
 * @returns {LoadResult}
 */
function dnsperf(port, seconds) {
  const clients = ['-c', String(sockets), '-q', String(sockets * queriesEach)];
  // It reads its questions over and over, which it cannot from a pipe.
  const folder = mkdtempSync(join(tmpdir(), 'wirestack-bench-'));
  const questions = join(folder, 'questions');
  writeFileSync(questions, hosts.map((host) => `${host} A\n`).join(''));
  const { stdout, stderr } = spawnSync(
    'dnsperf',
    [
      '-s',
      '127.0.0.1',
      '-p',
      String(port),
      '-l',
      String(seconds),
      '-d',
      questions,
      '-O',
      'suppress=timeout',
      ...clients,
    ],
    { encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  const number = (/** @type {RegExp} */ pattern) => Number(pattern.exec(stdout)?.[1]);
  const answers = number(/NOERROR (\d+)/);
  const ran = number(/Run time \(s\):\s+([\d.]+)/);
  if (!(answers > 0 && ran > 0) || answers !== number(/Queries completed:\s+(\d+)/)) {
    throw new Error(`dnsperf said:\n${stdout}${stderr}`);
  }
  return { answers, seconds: ran };
}

/**
 * @param {number} port
 * @param {number} seconds
 * @returns {Promise<LoadResult>}
 */
async function datagrams(port, seconds) {
  const messages = hosts.map((host) => encode(query(host, 'A', { id: 0 })).slice());
  const start = performance.now();
  const counts = await Promise.all(Array.from({ length: sockets }, () => askInTurn(port, messages, seconds)));
  return {
    answers: counts.reduce((sum, count) => sum + count, 0),
    seconds: (performance.now() - start) / 1000,
  };
}

/**
 * @param {number} port
 * @param {Uint8Array[]} messages
 * @param {number} seconds
 */
async function askInTurn(port, messages, seconds) {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let next = Math.floor(Math.random() * messages.length);
  let count = 0;
  const ask = () => {
    socket.send(messages[next]);
    next = (next + 1) % messages.length;
  };
  socket.on('message', (message) => {
    if ((message[3] & 0xf) !== 0 || message[7] !== 1) throw new Error('not the answer');
    count++;
    ask();
  });
  for (let i = 0; i < queriesEach; i++) ask();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  socket.close();
  return count;
}
