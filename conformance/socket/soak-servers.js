// @ts-check
// The servers of the soak: a client's first byte says what becomes of its connection.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen, serve } from '@wirestack/socket';
import { TlsTerminator } from '@wirestack/socket/tls';

/** @typedef {import('@wirestack/socket').SocketStream} SocketStream */
/** @typedef {import('./soak-tally.js').Tally} Tally */
/** @typedef {() => number} Random */
/**
 * @typedef {object} Service
 * @property {import('@wirestack/socket').Address} address
 * @property {() => Promise<void>} close
 * @property {(options: import('@wirestack/socket').Deadline) => Promise<void>} drain
 */

const certificates = new URL('../../packages/socket/test/tls/certificates/', import.meta.url);
const pem = (/** @type {string} */ name) => readFileSync(new URL(name, certificates), 'latin1');
export const authority = pem('ca.crt');

/** More than the kernel's buffers on loopback hold. */
const flood = new Uint8Array(65_536);
const large = new Uint8Array(12_000_000);

/** @type {Record<string, (stream: SocketStream, random: Random) => Promise<unknown>>} */
const behaviours = {
  async echo(stream) {
    for await (const chunk of stream) await stream.write(chunk);
  },
  pushEcho: (stream) =>
    new Promise((resolve) => {
      stream.attach({
        data: (chunk) => {
          void stream.write(chunk);
          if (stream.needsDrain) stream.pause();
        },
        end: () => void stream.close().then(resolve),
        closed: resolve,
        drain: () => stream.resume(),
      });
    }),
  async reset(stream) {
    stream.abort(new Error('of the server'));
  },
  async fail() {
    throw new HandlerError();
  },
  async flood(stream) {
    for (;;) await stream.write(flood);
  },
  /** Says that it is done, and hears the client out. */
  async half(stream) {
    await stream.write('bye');
    await stream.shutdown('write');
    for await (const chunk of stream) void chunk;
  },
  /** Hears nothing any more, and goes on talking. */
  async deaf(stream) {
    await stream.shutdown('read');
    for (let n = 0; n < 4; n++) await stream.write('?');
  },
  /** Never answers; goes when the client has gone. */
  async silent(stream) {
    for await (const chunk of stream) void chunk;
  },
  async impatient(stream, random) {
    void stream.write(large);
    await stream.close({ timeoutMs: 1 + random() * 5 });
  },
};
export const behaviourNames = Object.keys(behaviours);

/** What a handler of a program throws: told to `onError`, and no more. */
class HandlerError extends Error {}

/**
 * @param {Tally} tally
 * @param {Random} random
 * @returns {(stream: SocketStream) => Promise<void>}
 */
function handlerOf(tally, random) {
  return async (stream) => {
    tally.track(stream, 'accepted');
    const first = await tally.during('a server: its first read', () => stream.read());
    const name = behaviourNames[first?.[0] ?? -1];
    if (name !== undefined) await tally.during(`a server: ${name}`, () => behaviours[name](stream, random));
  };
}

/** @param {Tally} tally */
function onErrorOf(tally) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof HandlerError)) tally.failed(error);
  };
}

/**
 * One server of each sort, by name.
 * @param {string} directory
 * @param {Tally} tally
 * @param {Random} random
 * @returns {Record<string, () => Promise<Service>>}
 */
export function servicesIn(directory, tally, random) {
  const handler = handlerOf(tally, random);
  const onError = onErrorOf(tally);
  const onRefused = (/** @type {unknown} */ error) => tally.failed(error);
  const anyPort = 'tcp://127.0.0.1:0';
  const proxyProtocol = { trusted: ['127.0.0.0/8'], timeoutMs: 300 };
  let paths = 0;
  const newPath = () => join(directory, `${String(++paths)}.sock`);
  const terminator = new TlsTerminator({
    cert: pem('server.crt'),
    key: pem('server.key'),
    handshakeTimeoutMs: 500,
  });
  return {
    tcp: () => serve(anyPort, handler, { onError }),
    unix: () => serve(newPath(), handler, { onError }),
    tls: () => serve(anyPort, handler, { tls: terminator, onError, onRefused }),
    proxy: () => serve(anyPort, handler, { proxyProtocol, onError, onRefused }),
    proxyTls: () => serve(anyPort, handler, { tls: terminator, proxyProtocol, onError, onRefused }),
    crowded: () => serve(anyPort, handler, { maxConnections: 4, onError }),
    queue: () => queueAt(newPath(), { maxConnections: 4, whenFull: 'wait' }, handler, tally, random),
  };
}

/**
 * A listener and a loop that accepts, some of whose accepts are given up.
 * @param {string} address
 * @param {import('@wirestack/socket').ListenOptions} options
 * @param {(stream: SocketStream) => Promise<void>} handler
 * @param {Tally} tally
 * @param {Random} random
 * @returns {Promise<Service>}
 */
async function queueAt(address, options, handler, tally, random) {
  const listener = await listen(address, options);
  const accepting = new AbortController();
  void tally.run('an accept loop', async () => {
    for (;;) {
      const timeoutMs = random() < 0.2 ? 1 : 60_000;
      let stream;
      try {
        stream = await listener.accept({ timeoutMs, signal: accepting.signal });
      } catch (error) {
        tally.isReleased(accepting.signal, 'accept()');
        const { code } = /** @type {{ code?: string }} */ (error);
        if (code === 'TIMED_OUT') continue;
        if (code === 'CLOSED') return;
        throw error;
      }
      const accepted = stream;
      handler(accepted).then(
        () => accepted.close(),
        (error) => {
          accepted.abort(error);
          onErrorOf(tally)(error);
        },
      );
    }
  });
  return listener;
}
