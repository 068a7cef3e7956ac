// @ts-check
/** The XML-RPC codec: a thousand structs of six members, as Python writes them. All in CPU time of this thread's process. */
import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { decodeResponse, encodeResponse } from '@wirestack/rpc/xml-rpc';
import { SaxesParser } from 'saxes';
import Deserializer from 'xmlrpc/lib/deserializer.js';
import { serializeMethodResponse } from 'xmlrpc/lib/serializer.js';
import { cpuMicros } from '../child.js';
import { pinned, serverCpu } from '../cpus.js';
import { columns, median } from '../figures.js';

/**
 * @typedef {object} XmlRow
 * @property {'decode' | 'encode'} task
 * @property {string} name
 * @property {number} median  CPU milliseconds
 * @property {number} min
 * @property {number} max
 * @property {number} toOurs
 */

/**
 * Interleaved; in each round the best of three, so that a collection of what others left is not counted as theirs.
 *
 * @param {number} rounds
 * @returns {Promise<{ document: string, rows: XmlRow[] }>}
 */
export async function measureXml(rounds) {
  const document = python('write');
  const values = decodeResponse(document);
  /** @type {[XmlRow['task'], string, () => unknown][]} */
  const rivals = [
    ['decode', 'wirestack', () => decodeResponse(document)],
    ['decode', 'saxes, parsing alone', () => saxes(document)],
    ['decode', 'npm xmlrpc', () => deserialize(document)],
    ['encode', 'wirestack', () => encodeResponse(values)],
    ['encode', 'npm xmlrpc', () => Buffer.from(serializeMethodResponse(values))],
  ];
  const times = rivals.map(() => /** @type {number[]} */ ([]));
  const warmUp = 5;
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, [, , work]] of rivals.entries()) {
      const three = [await timed(work), await timed(work), await timed(work)];
      if (round >= 0) times[i].push(Math.min(...three));
    }
  }
  const theirs = JSON.parse(python('time', String(3 * rounds)).toString());
  const rows = [
    ...rivals.map(([task, name], i) => rowOf(task, name, times[i])),
    rowOf('decode', 'Python (expat)', theirs.decode),
    rowOf('encode', 'Python', theirs.encode),
  ];
  for (const row of rows) {
    const ours = rows.find(({ task, name }) => task === row.task && name === 'wirestack');
    row.toOurs = row.median / /** @type {XmlRow} */ (ours).median;
  }
  rows.sort((a, b) => a.task.localeCompare(b.task) || a.median - b.median);
  return { document: `1,000 structs of six members, ${String(Math.round(document.length / 1000))} KB`, rows };
}

/** @param {() => unknown} work */
async function timed(work) {
  const before = cpuMicros();
  await work();
  return (cpuMicros() - before) / 1000;
}

/** @param {Buffer} document */
function saxes(document) {
  let count = 0;
  const parser = new SaxesParser();
  parser.on('opentag', () => count++);
  parser.on('text', () => count++);
  parser.on('closetag', () => count++);
  parser.write(document.toString('utf8')).close();
  return count;
}

/** @param {Buffer} document */
function deserialize(document) {
  return new Promise((resolve, reject) => {
    new Deserializer('utf8').deserializeMethodResponse(
      Readable.from([document]),
      (/** @type {unknown} */ error, /** @type {unknown} */ value) => {
        if (error) reject(error);
        else resolve(value);
      },
    );
  });
}

/** @param {string[]} args */
function python(...args) {
  const file = fileURLToPath(new URL('document.py', import.meta.url));
  const [program, ...rest] = pinned(serverCpu, ['python3', file, ...args]);
  const { stdout, status } = spawnSync(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(`python3 ${args[0]} exited with ${String(status)}`);
  return stdout;
}

/**
 * @param {XmlRow['task']} task
 * @param {string} name
 * @param {number[]} times
 * @returns {XmlRow}
 */
function rowOf(task, name, times) {
  return { task, name, median: median(times), min: Math.min(...times), max: Math.max(...times), toOurs: NaN };
}

/** @param {XmlRow[]} rows */
export function xmlTable(rows) {
  return columns(
    [
      ['task', 'codec', 'CPU ms', 'min–max', '× ours'],
      ...rows.map((row) => [
        row.task,
        row.name,
        row.median.toFixed(1),
        `${row.min.toFixed(1)}–${row.max.toFixed(1)}`,
        row.toOurs.toFixed(2),
      ]),
    ],
    [0, 1],
  );
}
