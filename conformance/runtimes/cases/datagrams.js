// @ts-check
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { bind, connectDatagram, requestDatagram } from '@wirestack/socket';
import { bytes, portOf, rejects, text, turnsUntil } from '../talking.js';

const anyPort = 'udp://127.0.0.1:0';

/** @type {import('../case.js').Case[]} */
export const datagrams = [
  ...[anyPort, 'udp://[::1]:0'].map((address) => ({
    name: `one sent is one received, with its sender, on ${address}`,
    run: async (/** @type {import('../case.js').Context} */ context) => {
      const [a, b] = [context.own(await bind(address)), context.own(await bind(address))];
      await a.send('ping', b.localAddress);
      const { data, from } = await b.receive();
      assert.equal(text(data), 'ping');
      assert.deepEqual(from, a.localAddress);
      await b.send(new Uint8Array([1, 2, 3]), from, { timeoutMs: 60_000 });
      assert.deepEqual([...(await a.receive()).data], [1, 2, 3]);
    },
  })),
  {
    name: 'an empty packet is one',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      await a.send('', b.localAddress);
      assert.equal((await b.receive()).data.length, 0);
    },
  },
  {
    name: 'a name is resolved, and a port alone is every interface',
    run: async (context) => {
      const server = context.own(await bind(':0'));
      const client = context.own(await bind(anyPort));
      const port = portOf(server.localAddress);
      await client.send('by name', { host: 'localhost', port });
      await client.send('here', { port });
      assert.equal(text((await server.receive()).data), 'by name');
      assert.equal(text((await server.receive()).data), 'here');
    },
  },
  {
    name: 'the largest packet goes through, one byte more is TOO_LARGE',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      await a.send(new Uint8Array(65_507), b.localAddress);
      assert.equal((await b.receive()).data.length, 65_507);
      await rejects(a.send(new Uint8Array(65_508), b.localAddress), 'TOO_LARGE');
      await a.send('and on', b.localAddress);
      assert.equal(text((await b.receive()).data), 'and on');
    },
  },
  {
    name: 'a receive past its deadline loses nothing, and a second one is BUSY',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      const controller = new AbortController();
      const receiving = b.receive({ signal: controller.signal });
      await rejects(b.receive(), 'BUSY');
      controller.abort('later');
      await rejects(receiving, 'ABORTED', { cause: 'later' });
      await rejects(b.receive({ timeoutMs: 1 }), 'TIMED_OUT');
      await a.send('kept', b.localAddress);
      assert.equal(text((await b.receive({ timeoutMs: 60_000 })).data), 'kept');
    },
  },
  {
    name: 'the queue is bounded: the oldest is dropped, and counted',
    run: async (context) => {
      const receiver = context.own(await bind(anyPort, { queueLimit: 2 }));
      const sender = context.own(await bind(anyPort));
      for (const word of ['one', 'two', 'three', 'four', 'five'])
        await sender.send(word, receiver.localAddress);
      await turnsUntil(() => receiver.dropped === 3);
      assert.equal(text((await receiver.receive()).data), 'four');
      assert.equal(text((await receiver.receive()).data), 'five');
    },
  },
  {
    name: 'in push mode they arrive in order, those that waited first, and closed is told once',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      /** @type {string[]} */
      const told = [];
      await a.send('0', b.localAddress);
      b.attach({
        datagram: (data, from) => {
          assert.deepEqual(from, a.localAddress);
          told.push(text(data));
        },
        closed: () => told.push('closed'),
      });
      assert.deepEqual(told, [], 'not inside attach()');
      await rejects(b.receive(), 'ATTACHED');
      for (let index = 1; index < 50; index++) await a.send(String(index), b.localAddress);
      await turnsUntil(() => told.length === 50);
      await Promise.all([b.close(), b.close()]);
      assert.deepEqual(told, [...Array.from({ length: 50 }, (_, index) => String(index)), 'closed']);
    },
  },
  {
    name: 'post answers where a packet came from',
    run: async (context) => {
      const [server, client] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      server.attach({ datagram: (data, from) => server.post(data, from) });
      for (let index = 0; index < 40; index++) {
        await client.send(String(index), server.localAddress);
        assert.equal(text((await client.receive()).data), String(index));
      }
      assert.equal(server.unsent, 0);
    },
  },
  {
    name: 'packets that are posted in one turn leave in order',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      for (let index = 0; index < 40; index++) a.post(bytes(String(index)), b.localAddress);
      for (let index = 0; index < 40; index++) assert.equal(text((await b.receive()).data), String(index));
    },
  },
  {
    name: 'post counts what cannot be sent, and goes on',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      a.post(new Uint8Array(65_536), b.localAddress);
      a.post(bytes('x'), { family: 'ipv4', host: '127.0.0.1', port: 0 });
      await turnsUntil(() => a.unsent === 2);
      a.post(bytes('small'), b.localAddress);
      assert.equal(text((await b.receive()).data), 'small');
      assert.throws(() => a.post(bytes('x'), { family: 'unix', path: '/x' }), { code: 'BAD_ADDRESS' });
    },
  },
  {
    name: 'what was posted just before close is sent',
    run: async (context) => {
      const [a, b] = [await bind(anyPort), context.own(await bind(anyPort))];
      a.post(bytes('goodbye'), b.localAddress);
      await a.close();
      assert.equal(text((await b.receive()).data), 'goodbye');
    },
  },
  {
    name: 'after close everything is CLOSED, and iteration has ended',
    run: async (context) => {
      const [a, b] = [context.own(await bind(anyPort)), await bind(anyPort)];
      await a.send('one', b.localAddress);
      const seen = [];
      for await (const { data } of b) {
        seen.push(text(data));
        void b.close();
      }
      assert.deepEqual(seen, ['one']);
      await rejects(b.receive(), 'CLOSED');
      await rejects(b.send('x', a.localAddress), 'CLOSED');
      const receiving = a.receive();
      await Promise.all([rejects(receiving, 'CLOSED'), a.close()]);
    },
  },
  {
    name: 'an address in use is IN_USE, unless both share it',
    run: async (context) => {
      const first = context.own(await bind(anyPort, { reuseAddress: true }));
      await rejects(bind(first.localAddress), 'IN_USE');
      context.own(await bind(first.localAddress, { reuseAddress: true }));
    },
  },
  {
    name: 'reusePort spreads packets over the sockets of a port, or is UNSUPPORTED',
    run: async (context) => {
      const one = await bind(anyPort, { reusePort: true }).catch((error) => {
        assert.equal(error.code, 'UNSUPPORTED');
      });
      if (one === undefined) return;
      const sockets = [context.own(one), context.own(await bind(one.localAddress, { reusePort: true }))];
      /** @type {unknown[]} */
      const heardBy = [];
      for (const socket of sockets) socket.attach({ datagram: () => heardBy.push(socket) });
      // The kernel chooses by a hash of the addresses: each sender is another.
      for (let count = 0; count < 64; count++) {
        const sender = await bind(anyPort);
        await sender.send('x', one.localAddress);
        await sender.close();
      }
      await turnsUntil(() => heardBy.length === 64);
      assert.equal(new Set(heardBy).size, 2);
    },
  },
  {
    name: 'the hops, the buffers and the loop of a socket may be set',
    run: async (context) => {
      const socket = context.own(await bind(anyPort, { ttl: 5, receiveBufferBytes: 50_000 }));
      assert.ok(socket.receiveBufferBytes >= 50_000);
      assert.ok(socket.sendBufferBytes > 0);
      socket.setTtl(64);
      socket.setMulticastTtl(2);
      socket.setMulticastLoopback(true);
      socket.unref();
      socket.ref();
    },
  },
  {
    name: 'setMulticastTtl(0) keeps packets to a group on this machine',
    run: async (context) => {
      context.own(await bind(anyPort)).setMulticastTtl(0);
    },
  },
  {
    name: '[::] takes IPv4 as well, unless it is ipv6Only',
    run: async (context) => {
      const both = context.own(await bind('udp://[::]:0'));
      const client = context.own(await bind(anyPort));
      await client.send('question', { port: portOf(both.localAddress) });
      const { from } = await both.receive();
      assert.deepEqual(from, client.localAddress);
      await both.send('answer', from);
      assert.equal(text((await client.receive()).data), 'answer');
      const six = context.own(await bind('udp://[::]:0', { ipv6Only: true }));
      context.own(await bind(`udp://0.0.0.0:${String(portOf(six.localAddress))}`));
    },
  },
  {
    name: 'broadcast is PERMISSION, unless it was asked for',
    run: async (context) => {
      const receiver = context.own(await bind(':0'));
      const sender = context.own(await bind(anyPort));
      const to = { host: '127.255.255.255', port: portOf(receiver.localAddress) };
      await rejects(sender.send('x', to), 'PERMISSION');
      sender.setBroadcast(true);
      await sender.send('now', to);
      assert.equal(text((await receiver.receive()).data), 'now');
    },
  },
  {
    name: 'a group is heard from joining to leaving',
    run: async (context) => {
      const member = context.own(await bind(':0'));
      const sender = context.own(await bind(anyPort, { multicastInterface: '127.0.0.1' }));
      const port = portOf(member.localAddress);
      // One of this run's own, for local use (RFC 2365, section 6.1).
      const group = `239.255.${String(randomInt(256))}.${String(randomInt(256))}`;
      await sender.send('too early', { host: group, port });
      await sender.send('marker 1', { port });
      assert.equal(text((await member.receive()).data), 'marker 1');
      member.joinGroup(group, { interface: '127.0.0.1' });
      await sender.send('to the group', { host: group, port });
      assert.equal(text((await member.receive()).data), 'to the group');
      member.leaveGroup(group, { interface: '127.0.0.1' });
      await sender.send('too late', { host: group, port });
      await sender.send('marker 2', { port });
      assert.equal(text((await member.receive()).data), 'marker 2');
    },
  },
  {
    name: 'requestDatagram asks again until there is an answer',
    run: async (context) => {
      const [server, client] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      let asked = 0;
      server.attach({
        datagram: (data, from) => {
          if (++asked === 2) server.post(data, from);
        },
      });
      const { datagram, attempts } = await requestDatagram(client, 'question', {
        to: server.localAddress,
        firstTimeoutMs: 20,
      });
      assert.equal(text(datagram.data), 'question');
      assert.ok(attempts >= 2);
    },
  },
  {
    name: 'requestDatagram gives up: TIMED_OUT',
    run: async (context) => {
      const [server, client] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      const options = { to: server.localAddress, firstTimeoutMs: 1, attempts: 2 };
      await rejects(requestDatagram(client, 'question', options), 'TIMED_OUT');
    },
  },
  {
    name: 'connected: hears its peer only, and needs no address',
    run: async (context) => {
      const [server, stranger] = [context.own(await bind(anyPort)), context.own(await bind(anyPort))];
      const client = context.own(await connectDatagram(server.localAddress));
      assert.deepEqual(client.remoteAddress, server.localAddress);
      await client.send('question');
      const { from } = await server.receive();
      await stranger.send('forged', from);
      await server.send('answer', from);
      assert.equal(text((await client.receive()).data), 'answer');
      await rejects(client.send('x', stranger.localAddress), 'BAD_ARGUMENT');
    },
  },
  {
    name: 'connected: knows the address it sends from',
    run: async (context) => {
      const server = context.own(await bind(anyPort));
      const client = context.own(await connectDatagram(server.localAddress));
      await client.send('x');
      assert.deepEqual(client.localAddress, (await server.receive()).from);
    },
  },
  {
    name: 'connected: posts to its peer, in push mode',
    run: async (context) => {
      const server = context.own(await bind(anyPort));
      server.attach({ datagram: (data, from) => server.post(data, from) });
      const client = context.own(await connectDatagram(server.localAddress));
      /** @type {string[]} */
      const told = [];
      client.attach({ datagram: (data) => told.push(text(data)) });
      client.post(bytes('posted'), server.localAddress);
      await turnsUntil(() => told.length === 1);
      assert.deepEqual(told, ['posted']);
    },
  },
  {
    name: 'connected: a port nobody listens on is REFUSED',
    run: async (context) => {
      const closed = await bind(anyPort);
      await closed.close();
      const client = context.own(await connectDatagram(closed.localAddress));
      await client.send('anybody?');
      await rejects(client.receive(), 'REFUSED');
    },
  },
  {
    name: 'connected: sends from the address and port asked for, over IPv6 too',
    run: async (context) => {
      const server = context.own(await bind('udp://[::1]:0'));
      const free = await bind('udp://[::1]:0');
      await free.close();
      const localPort = portOf(free.localAddress);
      const client = context.own(await connectDatagram(server.localAddress, { localHost: '::1', localPort }));
      await client.send('x');
      assert.deepEqual((await server.receive()).from, { family: 'ipv6', host: '::1', port: localPort });
    },
  },
];
