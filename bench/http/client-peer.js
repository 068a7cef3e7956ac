// @ts-check
/** One client in a process of its own: `client-peer.js NAME URL`. */
import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answer, cpuMicros } from '../child.js';
import { json, loads, pieces } from './client-loads.js';

/** @typedef {import('./client-loads.js').Load} Load */
/** @typedef {Record<Load['kind'], (url: string, load: Load) => Promise<unknown>>} Asker */

const [name = '', origin = ''] = process.argv.slice(2);
const jsonFields = { 'Content-Type': 'application/json' };

/** @type {Record<string, (load: Load) => Promise<Asker>>} */
const askers = { wirestack, transport, undici, fetch: platform, 'node-http': node };

/** @type {Map<string, Asker>} */
const ready = new Map();

answer({
  /** @param {{ load: string, count: number }} details */
  async run({ load: loadName, count }) {
    const load = loads.find((known) => known.name === loadName);
    if (load === undefined) throw new Error(`no load ${loadName}`);
    const asker = ready.get(loadName) ?? (await askers[name](load));
    ready.set(loadName, asker);
    const ask = asker[load.kind];
    const url = origin + load.path;
    let left = count;
    const cpu = cpuMicros();
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: load.concurrency }, async () => {
        while (left-- > 0) await ask(url, load);
      }),
    );
    return { seconds: (performance.now() - startedAt) / 1000, cpuMicros: cpuMicros() - cpu };
  },
});

/** @param {AsyncIterable<Uint8Array>} body */
async function drained(body) {
  let length = 0;
  for await (const chunk of body) length += chunk.length;
  return length;
}

/** @param {Load} load */
async function wirestack({ concurrency, connections = concurrency, pipelined = 1 }) {
  const { Client } = await import('@wirestack/http/client');
  const client = new Client({ maxConnectionsPerOrigin: connections, maxPipelined: pipelined });
  /** @type {Asker} */
  const asker = {
    text: async (url) => (await client.request(url)).text(),
    json: async (url) =>
      (await client.request(url, { method: 'POST', headers: jsonFields, body: json })).json(),
    headers: async (url) => {
      const { headers, body } = await client.request(url);
      for (const [, value] of headers) if (value === '') throw new Error('an empty field');
      return body.bytes();
    },
    stream: async (url) => drained((await client.request(url)).body),
    bytes: async (url) => (await client.request(url)).bytes(),
    upload: async (url, { bytes = 0 }) => {
      const headers = { 'Content-Length': String(bytes) };
      return (await client.request(url, { method: 'PUT', headers, body: pieces(bytes) })).text();
    },
  };
  return asker;
}

/** Without what a client puts in front of the wire. @param {Load} load */
async function transport({ concurrency, connections = concurrency, pipelined = 1 }) {
  const { Transport } = await import('@wirestack/http/client');
  const { send } = new Transport({ maxConnectionsPerOrigin: connections, maxPipelined: pipelined });
  /** @type {import('@wirestack/http').HeaderList} */
  const headers = [
    ['User-Agent', 'bench'],
    ['Accept', '*/*'],
  ];
  const options = {};
  const get = (/** @type {string} */ url) => send({ url, method: 'GET', headers, body: undefined, options });
  /** @type {Asker} */
  const asker = {
    text: async (url) => (await get(url)).text(),
    json: async (url) =>
      (
        await send({
          url,
          method: 'POST',
          headers: [...headers, ['Content-Type', 'application/json']],
          body: json,
          options,
        })
      ).json(),
    headers: async (url) => {
      const response = await get(url);
      for (const [, value] of response.headers) if (value === '') throw new Error('an empty field');
      return response.bytes();
    },
    stream: async (url) => drained((await get(url)).body),
    bytes: async (url) => (await get(url)).bytes(),
    upload: async (url, { bytes = 0 }) => {
      const body = pieces(bytes);
      return (
        await send({
          url,
          method: 'PUT',
          headers: [...headers, ['Content-Length', String(bytes)]],
          body,
          options,
        })
      ).text();
    },
  };
  return asker;
}

/** @param {Load} load */
async function undici({ concurrency, connections = concurrency, pipelined = 1 }) {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connections, pipelining: pipelined });
  /** @type {Asker} */
  const asker = {
    text: async (url) => (await request(url, { dispatcher })).body.text(),
    json: async (url) =>
      (await request(url, { dispatcher, method: 'POST', headers: jsonFields, body: json })).body.json(),
    headers: async (url) => {
      const { headers, body } = await request(url, { dispatcher });
      for (const field in headers) if (headers[field] === '') throw new Error('an empty field');
      return body.arrayBuffer();
    },
    stream: async (url) => drained((await request(url, { dispatcher })).body),
    bytes: async (url) => (await request(url, { dispatcher })).body.arrayBuffer(),
    upload: async (url, { bytes = 0 }) => {
      const headers = { 'Content-Length': String(bytes) };
      return (
        await request(url, { dispatcher, method: 'PUT', headers, body: Readable.from(pieces(bytes)) })
      ).body.text();
    },
  };
  return asker;
}

async function platform() {
  /** @type {Asker} */
  const asker = {
    text: async (url) => (await fetch(url)).text(),
    json: async (url) => (await fetch(url, { method: 'POST', headers: jsonFields, body: json })).json(),
    headers: async (url) => {
      const response = await fetch(url);
      for (const [, value] of response.headers) if (value === '') throw new Error('an empty field');
      return response.arrayBuffer();
    },
    stream: async (url) => drained(/** @type {any} */ ((await fetch(url)).body)),
    bytes: async (url) => (await fetch(url)).arrayBuffer(),
    upload: async (url, { bytes = 0 }) => {
      const body = /** @type {any} */ (Readable.toWeb(Readable.from(pieces(bytes))));
      return (await fetch(url, /** @type {any} */ ({ method: 'PUT', body, duplex: 'half' }))).text();
    },
  };
  return asker;
}

/** @param {Load} load */
async function node({ concurrency }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  /** @type {(url: string, options?: http.RequestOptions, body?: string | AsyncIterable<Uint8Array>) => Promise<http.IncomingMessage>} */
  const ask = (url, options = {}, body) =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { agent, ...options }, resolve).on('error', reject);
      if (typeof body === 'object') pipeline(body, request).catch(reject);
      else request.end(body);
    });
  /** @param {http.IncomingMessage} message */
  const bytesOf = (message) =>
    new Promise((resolve, reject) => {
      /** @type {Buffer[]} */
      const chunks = [];
      message.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      message.on('end', () => {
        resolve(Buffer.concat(chunks));
      });
    });
  /** @type {Asker} */
  const asker = {
    text: async (url) => String(await bytesOf(await ask(url))),
    json: async (url) => {
      const headers = { ...jsonFields, 'Content-Length': json.length };
      return JSON.parse(String(await bytesOf(await ask(url, { method: 'POST', headers }, json))));
    },
    headers: async (url) => {
      const message = await ask(url);
      for (const field in message.headers)
        if (message.headers[field] === '') throw new Error('an empty field');
      return bytesOf(message);
    },
    stream: async (url) => drained(await ask(url)),
    bytes: async (url) => bytesOf(await ask(url)),
    upload: async (url, { bytes = 0 }) =>
      bytesOf(await ask(url, { method: 'PUT', headers: { 'Content-Length': bytes } }, pieces(bytes))),
  };
  return asker;
}
