import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { connect, listen, socketPair, type AddressLike } from '@wirestack/socket';
import { streamContract, type StreamPairFactory } from '@wirestack/socket/testing';

const directory = mkdtempSync(join(tmpdir(), 'wirestack-streams-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const transports: Readonly<Record<string, StreamPairFactory>> = {
  'TCP over IPv4': over('tcp://127.0.0.1:0'),
  'TCP over IPv6': over('tcp://[::1]:0'),
  'a Unix socket': over(join(directory, 'contract.sock')),
  memory: () => {
    const [a, b] = socketPair();
    return Promise.resolve({ a, b });
  },
};

for (const [transport, makePair] of Object.entries(transports)) {
  describe(`ByteStream over ${transport}`, () => {
    for (const { name, run } of streamContract) {
      test(name, { timeout: 30_000 }, () => run(makePair));
    }
  });
}

function over(address: AddressLike): StreamPairFactory {
  return async () => {
    const listener = await listen(address);
    const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
    return { a, b, close: () => listener.close() };
  };
}
