import { describe, test } from 'vitest';
import { connect, listen, socketPair } from '@wirestack/socket';
import { startTls } from '@wirestack/socket/tls';
import { streamContract, type StreamPairFactory } from '@wirestack/socket/testing';
import { scratchPath } from '../scratch.ts';
import { pem } from './certificates.ts';

const client = { ca: pem.authority, servername: 'localhost' };

const transports: Readonly<Record<string, StreamPairFactory>> = {
  'TLS over TCP': () => over('tcp://127.0.0.1:0'),
  'TLS over a Unix socket': () => over(scratchPath()),
  'TLS over memory': async () => {
    const [a, b] = socketPair();
    const [server, connected] = await Promise.all([
      startTls(a, { server: pem.server }),
      startTls(b, { client }),
    ]);
    return { a: connected, b: server };
  },
};

/** Node's TLS over anything but a socket of the kernel takes and hands on all there is, whether the other side reads or not. */
const needBackPressure = [
  'a blocked write rejects when the peer closes',
  'the peer of a paused stream feels back-pressure',
  'drain() follows back-pressure, once more may be written',
];

for (const [transport, makePair] of Object.entries(transports)) {
  describe(`ByteStream over ${transport}`, () => {
    const isKept = (name: string): boolean =>
      transport !== 'TLS over memory' || !needBackPressure.includes(name);
    for (const { name, run } of streamContract.filter((sentence) => isKept(sentence.name))) {
      test(name, { timeout: 30_000 }, () => run(makePair));
    }
  });
}

async function over(address: string): ReturnType<StreamPairFactory> {
  const listener = await listen(address, { tls: pem.server });
  const [a, b] = await Promise.all([connect(listener.address, { tls: client }), listener.accept()]);
  return { a, b, close: () => listener.close() };
}
