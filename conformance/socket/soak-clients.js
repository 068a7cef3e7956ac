// @ts-check
// The clients of the soak: each opens a connection and leaves it at another stage, in order or not.
import { connect } from '@wirestack/socket';
import { encodeProxyHeader } from '@wirestack/socket/proxy-protocol';
import { authority, behaviourNames } from './soak-servers.js';

/** @typedef {import('@wirestack/socket').SocketStream} SocketStream */
/** @typedef {import('@wirestack/socket').Address} Address */
/** @typedef {import('@wirestack/socket').ConnectOptions} ConnectOptions */
/** @typedef {import('./soak-tally.js').Tally} Tally */

const tls = { ca: authority, servername: 'localhost' };
/** @type {import('@wirestack/socket').ProxyHeader} */
const header = {
  version: 2,
  command: 'PROXY',
  transport: 'stream',
  source: { family: 'ipv4', host: '192.0.2.7', port: 4711 },
  destination: { family: 'ipv4', host: '198.51.100.1', port: 443 },
  extensions: [],
};
/** The beginning of a ClientHello: a record of 512 bytes is announced. */
const hello = Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9);
const piece = new Uint8Array(10_000);
const large = new Uint8Array(12_000_000);

/** One connection's dice, its server, and where it is counted. */
export class Client {
  /**
   * @param {Tally} tally
   * @param {() => number} random
   * @param {Record<string, { address: Address }>} services
   * @param {AbortSignal} shared Never aborted: given to operations to see that they leave nothing on it.
   */
  constructor(tally, random, services, shared) {
    this.tally = tally;
    this.random = random;
    this.services = services;
    this.shared = shared;
  }

  /**
   * @param {string} service
   * @param {ConnectOptions} options
   * @returns {Promise<SocketStream>}
   */
  async open(service, options = {}) {
    const { address } = this.services[service] ?? this.fail(`no service ${service}`);
    // Ports of many local addresses: those of one are soon all waiting out TIME_WAIT.
    const localHost =
      'host' in address ? `127.0.${String(this.below(250))}.${String(1 + this.below(250))}` : undefined;
    const signal = this.odds(0.5) ? this.shared : undefined;
    const places = localHost === undefined ? {} : { localHost };
    return this.tally.track(await connect(address, { signal, ...places, ...options }), 'connected');
  }

  /** Opens, and says what the server is to do. @param {string} service @param {string} behaviour */
  async ask(service, behaviour, options = {}) {
    const stream = await this.open(service, options);
    await stream.write(Uint8Array.of(behaviourNames.indexOf(behaviour)));
    return stream;
  }

  /** Mostly a reset: it leaves no port behind. @param {SocketStream} stream */
  async leave(stream) {
    const dice = this.random();
    if (dice < 0.6) stream.abort();
    else if (dice < 0.7) await stream.close({ timeoutMs: this.below(3) });
    else if (dice < 0.8) await stream.close({ signal: this.shared });
    else if (dice < 0.9) await stream.close();
    else {
      void stream.close();
      stream.abort();
    }
  }

  /** Some of: nothing, microtasks, a tick, turns of the event loop, a millisecond. */
  async pause() {
    const dice = this.below(6);
    if (dice === 1) for (let n = this.below(8); n > 0; n--) await null;
    if (dice === 2) await new Promise((resolve) => process.nextTick(resolve));
    if (dice >= 3) await this.turns(this.below(5));
    if (dice === 5) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** A controller that is aborted at some moment, before this returns or after. */
  soonAborted(turns = 0) {
    const controller = new AbortController();
    const waited = turns === 0 ? this.pause() : this.turns(this.below(turns));
    void waited.then(() => controller.abort(new Error('given up')));
    return controller;
  }

  /** @param {number} count Of the event loop. */
  async turns(count) {
    for (let n = count; n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
  }

  /** @param {number} n */
  below(n) {
    return Math.floor(this.random() * n);
  }

  /** @param {number} probability */
  odds(probability) {
    return this.random() < probability;
  }

  plain() {
    return ['tcp', 'tcp', 'unix', 'unix', 'crowded', 'queue'][this.below(6)] ?? 'tcp';
  }

  /** @param {string} why @returns {never} */
  fail(why) {
    throw new Error(why);
  }
}

/** What there is to do with a connection, and how often. @type {[name: string, weight: number, run: (client: Client) => Promise<void>][]} */
export const kinds = [
  ['given up before it is connected', 12, (client) => givenUp(client, client.plain(), {})],
  ['left as soon as it is connected', 12, async (client) => client.leave(await client.open(client.plain()))],
  [
    'left after a part of a write',
    10,
    async (client) => {
      const stream = await client.ask(client.plain(), client.odds(0.5) ? 'echo' : 'pushEcho');
      void stream.write(client.odds(0.2) ? large : piece);
      await client.pause();
      await client.leave(stream);
    },
  ],
  [
    'an exchange in order',
    12,
    async (client) => {
      const stream = await client.ask(client.plain(), client.odds(0.5) ? 'echo' : 'pushEcho');
      await stream.write(piece, { timeoutMs: 60_000 });
      await stream.shutdown('write', { signal: client.shared });
      await readAll(stream);
      await stream.close();
    },
  ],
  [
    'left while a read is outstanding',
    10,
    async (client) => {
      const stream = await client.ask(client.plain(), 'silent');
      const reading = client.tally.run('a read', () => stream.read({ signal: client.shared }));
      await client.pause();
      await client.leave(stream);
      await reading;
    },
  ],
  [
    'a read given up, then left',
    8,
    async (client) => {
      const stream = await client.ask(client.plain(), 'silent');
      const giveUp = client.soonAborted();
      await client.tally.run('a read', () =>
        stream.read({ signal: giveUp.signal, timeoutMs: 1 + client.below(60_000) }),
      );
      client.tally.isReleased(giveUp.signal, 'read()');
      await client.leave(stream);
    },
  ],
  [
    'flooded, and nobody reads',
    3,
    async (client) => {
      const stream = await client.ask(client.plain(), 'flood');
      const dice = client.below(3);
      if (dice === 1) await stream.read();
      if (dice === 2) {
        stream.attach(deafReceiver);
        stream.pause();
      }
      await client.pause();
      await client.leave(stream);
    },
  ],
  [
    'half-closed by the client',
    8,
    async (client) => {
      const stream = await client.ask(client.plain(), client.odds(0.5) ? 'echo' : 'silent');
      await stream.shutdown('write', { timeoutMs: 60_000 });
      await client.pause();
      await client.leave(stream);
    },
  ],
  [
    'half-closed by the server',
    8,
    async (client) => {
      const stream = await client.ask(client.plain(), client.odds(0.5) ? 'half' : 'deaf');
      await readAll(stream);
      if (client.odds(0.5)) await stream.write(piece);
      await client.leave(stream);
    },
  ],
  [
    'dropped by the server',
    8,
    async (client) =>
      client.leave(await untilOver(await client.ask(client.plain(), client.odds(0.5) ? 'reset' : 'fail'))),
  ],
  [
    'closed by the server with a deadline',
    1,
    async (client) => client.leave(await untilClosed(await client.ask(client.plain(), 'impatient'))),
  ],
  [
    'a PROXY header cut short',
    4,
    async (client) => {
      const stream = await client.open(client.odds(0.8) ? 'proxy' : 'proxyTls');
      const bytes = encodeProxyHeader(header);
      await stream.write(bytes.subarray(0, client.below(bytes.length)));
      await client.pause();
      if (client.odds(0.05)) await untilOver(stream);
      await client.leave(stream);
    },
  ],
  [
    'behind a PROXY header',
    4,
    async (client) => {
      const stream = await client.ask('proxy', client.odds(0.5) ? 'echo' : 'half', { proxyHeader: header });
      await stream.shutdown('write');
      if (client.odds(0.5)) await readAll(stream);
      await client.leave(stream);
    },
  ],
  [
    'TLS given up in the handshake',
    1,
    (client) =>
      client.odds(0.5)
        ? givenUp(client, 'tls', { tls })
        : givenUp(client, 'proxyTls', { tls, proxyHeader: header }),
  ],
  [
    'TLS cut short in the handshake',
    1,
    async (client) => {
      const stream = await client.open('tls');
      await stream.write(hello.subarray(0, client.below(hello.length)));
      await client.pause();
      if (client.odds(0.05)) await untilOver(stream);
      await client.leave(stream);
    },
  ],
  [
    'TLS',
    1,
    async (client) => {
      const behaviour = ['echo', 'pushEcho', 'half', 'reset', 'fail', 'silent'][client.below(6)] ?? 'echo';
      const stream = client.odds(0.5)
        ? await client.ask('tls', behaviour, { tls })
        : await client.ask('proxyTls', behaviour, { tls, proxyHeader: header });
      if (client.odds(0.5)) void stream.write(piece);
      await client.pause();
      if (client.odds(0.5)) {
        await stream.shutdown('write');
        await readAll(stream);
      }
      await client.leave(stream);
    },
  ],
];

/** A connection that nobody waits for any longer, at any moment until it is open. @param {Client} client @param {string} service @param {ConnectOptions} options */
async function givenUp(client, service, options) {
  const giveUp = client.soonAborted(options.tls === undefined ? 0 : 40);
  const opening = client.open(service, { ...options, signal: giveUp.signal });
  try {
    await client.leave(await opening);
  } finally {
    client.tally.isReleased(giveUp.signal, 'connect()');
  }
}

const deafReceiver = {
  data: () => undefined,
  end: () => undefined,
  closed: () => undefined,
  drain: () => undefined,
};

/** @param {SocketStream} stream */
async function readAll(stream) {
  while ((await stream.read()) !== undefined);
}

/** @param {SocketStream} stream */
async function untilOver(stream) {
  await readAll(stream).catch(() => undefined);
  return stream;
}

/** Reads nothing until the other side has gone. @param {SocketStream} stream */
async function untilClosed(stream) {
  await new Promise((resolve) => setTimeout(resolve, 8));
  return stream;
}
