// @ts-check
import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { get, request as requestOf } from 'node:http';
import { accessLog, createServer } from '@wirestack/http';
import { connect, readAll } from '@wirestack/socket';
import { pem } from '../certificates.js';
import { text, turnsUntil } from '../talking.js';

/** @typedef {import('../case.js').Context} Context */
/** @typedef {import('@wirestack/http').Handler} Handler */
/** @typedef {import('@wirestack/http').ServerOptions} ServerOptions */

/**
 * @param {Context} context
 * @param {Handler} handler
 * @param {ServerOptions} [options]
 */
async function serving(context, handler, options = {}) {
  const server = await createServer(handler, { onError: () => undefined, ...options }).listen(
    options.tls === undefined ? '127.0.0.1:0' : 'tls://127.0.0.1:0',
  );
  context.defer(() => server.close());
  const { port } = /** @type {{ port: number }} */ (server.address);
  return { server, port };
}

/**
 * All that a server answers to these bytes, until it ends.
 *
 * @param {Context} context
 * @param {number} port
 * @param {string} bytes
 */
async function answersTo(context, port, bytes) {
  const stream = context.own(await connect({ host: '127.0.0.1', port }));
  await stream.write(bytes, { encoding: 'latin1' });
  return text(await readAll(stream, 20_000_000));
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @returns {Promise<string>}
 */
async function bodyOf(response) {
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return body;
}

const last = 'Host: a\r\nConnection: close\r\n\r\n';

/** @type {import('../case.js').Case[]} */
export const http = [
  {
    name: 'requests of one connection are answered in order, whatever their handlers wait for',
    run: async (context) => {
      const { port } = await serving(context, async ({ path }) => {
        if (path === '/slow') await new Promise((resolve) => setImmediate(resolve));
        return { status: 200, body: path };
      });
      const answers = await answersTo(
        context,
        port,
        `GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\n${last}`,
      );
      assert.match(answers, /\/slowHTTP\/1\.1 200 OK\r\n[^]*\/fast$/);
    },
  },
  {
    name: 'the runtime’s own fetch posts and is answered',
    run: async (context) => {
      const { port } = await serving(context, async (request) => ({
        status: 201,
        body: (await request.text()).toUpperCase(),
      }));
      const response = await fetch(`http://127.0.0.1:${String(port)}/`, {
        method: 'POST',
        body: 'x'.repeat(100_000),
      });
      assert.equal(response.status, 201);
      assert.equal(await response.text(), 'X'.repeat(100_000));
    },
  },
  {
    name: 'node:http’s client is told to go on before it sends its body',
    run: async (context) => {
      const { port } = await serving(context, async (request) => ({
        status: 200,
        body: await request.text(),
      }));
      const response = await new Promise((resolve, reject) => {
        const request = requestOf({
          port,
          host: '127.0.0.1',
          method: 'POST',
          headers: { Expect: '100-continue' },
        });
        request
          .once('continue', () => request.end('body'))
          .once('response', resolve)
          .once('error', reject);
      });
      assert.equal(await bodyOf(response), 'body');
    },
  },
  {
    name: 'a body in pieces goes in chunks, with its trailers',
    run: async (context) => {
      const { port } = await serving(context, () => ({
        status: 200,
        body: (async function* () {
          yield 'one ';
          yield 'two';
        })(),
        trailers: () => [['X-Sum', '7']],
      }));
      const answer = await answersTo(context, port, `GET / HTTP/1.1\r\n${last}`);
      assert.match(answer, /\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n$/);
    },
  },
  {
    name: 'a file of 5 MB arrives whole',
    run: async (context) => {
      const path = context.path();
      const bytes = new Uint8Array(5_000_000).map((_, at) => at % 251);
      await writeFile(path, bytes);
      const { port } = await serving(context, async () => ({
        status: 200,
        body: { file: await open(path), length: bytes.length },
      }));
      const response = await fetch(`http://127.0.0.1:${String(port)}/`);
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
    },
  },
  {
    name: 'what breaks the protocol is answered 400, and nothing behind it is read',
    run: async (context) => {
      let requests = 0;
      const { port } = await serving(context, () => {
        requests++;
        return { status: 200 };
      });
      const smuggled =
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /forged HTTP/1.1\r\nHost: a\r\n\r\n';
      assert.match(await answersTo(context, port, smuggled), /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.equal(requests, 0);
    },
  },
  {
    name: 'an upgrade hands the connection over, with what came behind the request',
    run: async (context) => {
      const { port } = await serving(context, () => ({
        status: 101,
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'echo'],
        ],
        upgrade: async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
        },
      }));
      const stream = context.own(await connect({ host: '127.0.0.1', port }));
      await stream.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello');
      await stream.shutdown('write');
      assert.match(
        text(await readAll(stream, 1000)),
        /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\n\r\nhello$/,
      );
    },
  },
  {
    name: 'TLS is spoken, and the request knows it',
    run: async (context) => {
      const { port } = await serving(context, ({ scheme }) => ({ status: 200, body: scheme }), {
        tls: pem.server,
      });
      const stream = context.own(
        await connect(
          { host: '127.0.0.1', port },
          { tls: { rejectUnauthorized: false, servername: 'localhost' } },
        ),
      );
      await stream.write(`GET / HTTP/1.1\r\n${last}`);
      assert.match(text(await readAll(stream, 1000)), /\r\n\r\nhttps$/);
    },
  },
  {
    name: 'a client that leaves aborts the request’s signal',
    run: async (context) => {
      /** @type {(value: unknown) => void} */
      let tell = () => undefined;
      const aborted = new Promise((resolve) => {
        tell = resolve;
      });
      const { server, port } = await serving(context, async ({ signal }) => {
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
        tell(undefined);
        return { status: 200 };
      });
      const stream = await connect({ host: '127.0.0.1', port });
      await stream.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await turnsUntil(() => server.stats.requests === 1);
      stream.abort('enough');
      await aborted;
    },
  },
  {
    name: 'drain answers what is in work, says close, and ends',
    run: async (context) => {
      /** @type {() => void} */
      let release = () => undefined;
      const held = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        release = resolve;
      });
      const { server, port } = await serving(context, async () => {
        await held;
        return { status: 200, body: 'late' };
      });
      const response = new Promise((resolve, reject) => {
        get({ port, host: '127.0.0.1' }, resolve).once('error', reject);
      });
      await turnsUntil(() => server.stats.requests === 1);
      const drained = server.drain();
      release();
      const message = /** @type {import('node:http').IncomingMessage} */ (await response);
      assert.equal(message.headers.connection, 'close');
      assert.equal(await bodyOf(message), 'late');
      await drained;
    },
  },
  {
    name: 'the access log has a line for each request',
    run: async (context) => {
      let log = '';
      const { port } = await serving(context, () => ({ status: 200, body: 'hello' }), {
        observe: accessLog({ format: 'common', write: (lines) => (log += lines) }),
      });
      await answersTo(context, port, `GET /a HTTP/1.1\r\n${last}`);
      assert.match(log, /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/a HTTP\/1\.1" 200 5\n$/);
    },
  },
];
