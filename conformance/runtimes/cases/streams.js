// @ts-check
import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Readable, Transform } from 'node:stream';
import {
  connect,
  listen,
  pipe,
  readAll,
  relay,
  sendFile,
  socketPair,
  StreamReader,
  tap,
  toDuplex,
  toWebStreams,
} from '@wirestack/socket';
import { gone, patterned, rejects, sameBytes, text, textUntilEnd } from '../talking.js';

/** @typedef {import('../case.js').Context} Context */

/** @type {import('../case.js').Case[]} */
export const streams = [
  ...[0, 1, 262_144, 1_000_003].map((size) => ({
    name: `sendFile sends a whole file of ${String(size)} bytes`,
    run: async (/** @type {Context} */ context) => {
      const bytes = patterned(size);
      sameBytes(await sent(context, bytes), bytes);
    },
  })),
  {
    name: 'sendFile sends a range, and leaves the position of the file alone',
    run: async (context) => {
      const bytes = patterned(600_000);
      sameBytes(await sent(context, bytes, { start: 262_143, end: 524_289 }), bytes.slice(262_143, 524_289));
      sameBytes(await sent(context, bytes, { start: 599_990 }), bytes.slice(599_990));
    },
  },
  {
    name: 'sendFile of a file that is too short is TRUNCATED once what there was has left',
    run: async (context) => {
      const [a, b] = await pair(context);
      const arrived = readAll(b, 1_000_000);
      await rejects(sendFile(a, await fileOf(context, patterned(300_000)), { end: 300_001 }), 'TRUNCATED');
      await a.shutdown('write');
      assert.equal((await arrived).length, 300_000);
    },
  },
  {
    name: 'StreamReader reads exactly, until a delimiter, and lines, however they come',
    run: async (context) => {
      const [a, b] = await pair(context);
      const reader = new StreamReader(b);
      const said = 'headfirst line\r\nsecond\nkey: value\0rest';
      void (async () => {
        for (const letter of said) {
          await a.write(letter);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await a.shutdown('write');
      })();
      assert.equal(text(await reader.readExactly(4)), 'head');
      assert.equal(await reader.readLine(), 'first line');
      assert.equal(await reader.readLine(), 'second');
      assert.equal(text(await reader.readUntil('\0')), 'key: value\0');
      assert.equal(text(await reader.readAll(100)), 'rest');
    },
  },
  {
    name: 'StreamReader is TRUNCATED where the peer ends too early, TOO_LONG where a line does not end',
    run: async (context) => {
      const [a, b] = await pair(context);
      await a.write('abc');
      await a.shutdown('write');
      const reader = new StreamReader(b);
      await rejects(reader.readExactly(4), 'TRUNCATED');
      assert.equal(text(await reader.readAll(3)), 'abc');
      await b.write('x'.repeat(100));
      await rejects(new StreamReader(a, { maxBytes: 50 }).readLine(), 'TOO_LONG');
    },
  },
  {
    name: 'StreamReader gives the stream back with what it read ahead',
    run: async (context) => {
      const [a, b] = await pair(context);
      await a.write('line\nand more');
      const reader = new StreamReader(b);
      assert.equal(await reader.readLine(), 'line');
      const released = reader.release();
      await a.shutdown('write');
      assert.equal(await textUntilEnd(released), 'and more');
    },
  },
  {
    name: 'pipe carries one stream into another to its end',
    run: async (context) => {
      const [[a, b], [c, d]] = [await pair(context), await pair(context)];
      const bytes = patterned(3_000_000);
      const piping = pipe(b, c);
      void a.write(bytes);
      void a.shutdown('write');
      sameBytes(await readAll(d, bytes.length), bytes);
      await piping;
    },
  },
  {
    name: 'relay is a tunnel both ways, half-close included, and counts',
    run: async (context) => {
      const [[client, near], [far, server]] = [await pair(context), await pair(context)];
      const relaying = relay(near, far);
      await client.write('question');
      await client.shutdown('write');
      assert.equal(await textUntilEnd(server), 'question');
      await server.write('answer');
      await server.close();
      assert.equal(await textUntilEnd(client), 'answer');
      assert.deepEqual(await relaying, { sent: 8, received: 6 });
    },
  },
  {
    name: 'toDuplex serves pipeline, through a Transform, to a slow reader',
    run: async (context) => {
      const [a, b] = await pair(context);
      const bytes = patterned(2_000_000);
      const invert = new Transform({
        transform(chunk, _encoding, done) {
          setImmediate(
            done,
            null,
            chunk.map((/** @type {number} */ byte) => byte ^ 255),
          );
        },
      });
      const duplex = toDuplex(a);
      const sending = pipeline(Readable.from([bytes]), invert, duplex);
      const arrived = await readAll(b, bytes.length);
      sameBytes(
        arrived,
        bytes.map((byte) => byte ^ 255),
      );
      await sending;
      await b.close();
      assert.equal((await duplex.toArray()).length, 0);
      await a.closed;
    },
  },
  {
    name: 'toWebStreams serves Response, and the transforms of the web',
    run: async () => {
      const [a, b] = socketPair();
      const { readable, writable } = toWebStreams(a);
      void b.write('the body').then(() => b.shutdown('write'));
      assert.equal(await new Response(readable).text(), 'the body');
      const source = new ReadableStream({
        start(controller) {
          controller.enqueue('through a transform');
          controller.close();
        },
      });
      const whole = textUntilEnd(b);
      await source.pipeThrough(new TextEncoderStream()).pipeTo(writable);
      assert.equal(await whole, 'through a transform');
    },
  },
  {
    name: 'a tap is told what goes through, in order',
    run: async (context) => {
      const [a, b] = await pair(context);
      /** @type {string[]} */
      const told = [];
      const tapped = tap(a, {
        data: (direction, chunk) => told.push(`${direction} ${text(chunk)}`),
        end: (direction) => told.push(`${direction} end`),
        closed: (error) => told.push(`closed ${String(error)}`),
      });
      await tapped.write('question');
      await tapped.shutdown('write');
      assert.equal(await textUntilEnd(b), 'question');
      await b.write('answer');
      await b.close();
      assert.equal(await textUntilEnd(tapped), 'answer');
      await tapped.closed;
      assert.deepEqual(told, [
        'sent question',
        'sent end',
        'received answer',
        'received end',
        'closed undefined',
      ]);
    },
  },
  {
    name: 'peers that reset at every stage end their own connection, and nothing else',
    run: async (context) => {
      const listener = context.own(await listen('tcp://127.0.0.1:0'));
      const streams = [];
      for (let stage = 0; stage < 4; stage++) {
        const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
        if (stage > 0) await client.write('x');
        if (stage > 1) await server.write(new Uint8Array(1_000_000));
        if (stage > 2) await client.shutdown('write');
        client.abort();
        streams.push(server);
      }
      for (const server of streams) {
        await gone(server);
        context.own(server);
      }
      const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
      await client.write('alive');
      await client.close();
      assert.equal(await textUntilEnd(context.own(server)), 'alive');
    },
  },
];

/**
 * Both ends of a TCP connection.
 * @param {Context} context
 */
export async function pair(context) {
  const listener = await listen('tcp://127.0.0.1:0');
  const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
  await listener.close();
  return /** @type {const} */ ([context.own(a), context.own(b)]);
}

/**
 * @param {Context} context
 * @param {Uint8Array} bytes
 */
async function fileOf(context, bytes) {
  const path = context.path();
  await writeFile(path, bytes);
  const file = await open(path, 'r');
  context.defer(() => file.close());
  return file;
}

/**
 * What arrives of a file.
 * @param {Context} context
 * @param {Uint8Array} bytes of the file
 * @param {import('@wirestack/socket').FileRange} [range]
 */
async function sent(context, bytes, range) {
  const [a, b] = await pair(context);
  const arrived = readAll(b, bytes.length);
  const count = await sendFile(a, await fileOf(context, bytes), range);
  await a.shutdown('write');
  const whole = await arrived;
  assert.equal(count, whole.length);
  return whole;
}
