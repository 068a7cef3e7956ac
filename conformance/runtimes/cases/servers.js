// @ts-check
import assert from 'node:assert/strict';
import { bind, connect, serve } from '@wirestack/socket';
import {
  concurrent,
  DatagramRequestHandler,
  DatagramServer,
  sequential,
  StreamRequestHandler,
  StreamServer,
} from '@wirestack/socket/server';
import { ask, bytes, gone, rejects, text, textUntilEnd, turnsUntil } from '../talking.js';

const anyPort = 'tcp://127.0.0.1:0';

/** A line in, the same in capitals back. */
class Shouting extends StreamRequestHandler {
  async handle() {
    for await (const line of this.reader.lines()) await this.writer.write(`${line.toUpperCase()}\n`);
  }
}

/** @type {import('../case.js').Case[]} */
export const servers = [
  ...['TCP', 'a Unix path'].map((where) => ({
    name: `serve calls its handler for every connection at the same time, on ${where}`,
    run: async (/** @type {import('../case.js').Context} */ context) => {
      const address = where === 'TCP' ? anyPort : context.path();
      const server = context.own(
        await serve(address, async (stream) => {
          for await (const chunk of stream) await stream.write(chunk);
        }),
      );
      const words = ['one', 'two', 'three', 'four'];
      const clients = await Promise.all(words.map(() => connect(server.address)));
      const answers = clients.map((client, index) => ask(client, String(words[index])));
      assert.deepEqual(await Promise.all(answers), words);
      await server.drain();
      assert.equal(server.connections, 0);
    },
  })),
  {
    name: 'serve closes a stream when its handler is done, aborts it where that fails, and tells',
    run: async (context) => {
      /** @type {unknown[]} */
      const faults = [];
      const fault = new Error('handler');
      const server = context.own(
        await serve(
          anyPort,
          async (stream) => {
            if (text(await stream.read()) === 'fail') throw fault;
            await stream.write('bye');
          },
          { onError: (error) => faults.push(error) },
        ),
      );
      const failing = context.own(await connect(server.address));
      await failing.write('fail');
      await rejects(textUntilEnd(failing), 'RESET');
      assert.deepEqual(faults, [fault]);
      const client = context.own(await connect(server.address));
      await client.write('x');
      assert.equal(await textUntilEnd(client), 'bye');
    },
  },
  {
    name: 'serve lets a handler take the stream over, in push mode',
    run: async (context) => {
      const server = context.own(
        await serve(anyPort, (stream) => {
          stream.attach({
            data: (chunk) => void stream.write(chunk),
            end: () => void stream.close(),
            closed: () => undefined,
            drain: () => undefined,
          });
          return undefined;
        }),
      );
      assert.equal(await ask(await connect(server.address), 'echo'), 'echo');
    },
  },
  {
    name: 'drain refuses new connections, waits for those that are open, and aborts them at the deadline',
    run: async (context) => {
      const server = await serve(anyPort, (stream) =>
        textUntilEnd(stream).then((said) => stream.write(said)),
      );
      const [patient, stuck] = [await connect(server.address), context.own(await connect(server.address))];
      await turnsUntil(() => server.connections === 2);
      const draining = server.drain({ timeoutMs: 1_000 });
      await rejects(connect(server.address), 'REFUSED');
      assert.equal(await ask(patient, 'last words'), 'last words');
      await draining;
      assert.equal(server.connections, 0);
      await gone(stuck);
    },
  },
  {
    name: 'StreamServer makes an object of the handler class for each connection',
    run: async (context) => {
      const server = context.own(new StreamServer(anyPort, Shouting));
      await server.listen();
      void server.serveForever();
      const answers = ['one\ntwo\n', 'three\r\nfour'].map(async (said) =>
        ask(await connect(server.address), said),
      );
      assert.deepEqual(await Promise.all(answers), ['ONE\nTWO\n', 'THREE\nFOUR\n']);
    },
  },
  {
    name: 'shutdown ends serveForever, which may be called again',
    run: async (context) => {
      const server = context.own(new StreamServer(anyPort, Shouting));
      await server.listen();
      for (let times = 0; times < 2; times++) {
        const serving = server.serveForever();
        assert.equal(await ask(await connect(server.address), 'x'), 'X\n');
        await server.shutdown();
        await serving;
      }
    },
  },
  {
    name: 'close waits for requests, and aborts at the deadline those that are left',
    run: async () => {
      const server = new StreamServer(anyPort, Shouting);
      await server.listen();
      void server.serveForever();
      const slow = await connect(server.address);
      await slow.write('a\n');
      assert.equal(text(await slow.read()), 'A\n');
      const closing = server.close();
      await slow.shutdown('write');
      await closing;
      assert.equal(server.activeRequests, 0);
      await slow.close();

      const other = new StreamServer(anyPort, Shouting);
      await other.listen();
      void other.serveForever();
      const stuck = await connect(other.address);
      await stuck.write('a\n');
      await stuck.read();
      await other.close({ timeoutMs: 1 });
      await rejects(stuck.read(), 'RESET');
    },
  },
  {
    name: 'sequential() serves one at a time, concurrent({ max }) so many',
    run: async (context) => {
      for (const [concurrency, most] of /** @type {const} */ ([
        [sequential(), 1],
        [concurrent({ max: 2 }), 2],
      ])) {
        let running = 0;
        let highest = 0;
        const handler = async (/** @type {import('@wirestack/socket').SocketStream} */ stream) => {
          highest = Math.max(highest, ++running);
          await textUntilEnd(stream);
          running--;
        };
        const server = context.own(new StreamServer(anyPort, handler, { concurrency }));
        await server.listen();
        void server.serveForever();
        await Promise.all(Array.from({ length: 5 }, async () => ask(await connect(server.address), 'x')));
        assert.equal(highest, most);
      }
    },
  },
  {
    name: 'DatagramServer answers packets',
    run: async (context) => {
      class Upper extends DatagramRequestHandler {
        handle() {
          this.writer.write(text(this.packet).toUpperCase());
        }
      }
      const server = context.own(new DatagramServer('udp://127.0.0.1:0', Upper));
      await server.listen();
      void server.serveForever();
      const client = context.own(await bind('udp://127.0.0.1:0'));
      await client.send(bytes('shout'), server.address);
      assert.equal(text((await client.receive()).data), 'SHOUT');
    },
  },
];
