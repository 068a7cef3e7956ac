import { describe, expect, test } from 'vitest';
import { connect, listen, type ProxyHeader } from '@wirestack/socket';
import { streamContract, type StreamPairFactory } from '@wirestack/socket/testing';
import { scratchPath } from '../scratch.ts';
import { pem } from '../tls/certificates.ts';

const named: ProxyHeader = {
  version: 2,
  command: 'PROXY',
  transport: 'stream',
  source: { family: 'ipv4', host: '192.0.2.7', port: 4711 },
  destination: { family: 'ipv4', host: '198.51.100.1', port: 443 },
  extensions: [{ type: 4, value: new Uint8Array(2_000) }],
};
const nameless = { ...named, source: undefined, destination: undefined, transport: 'unspecified' } as const;

/** The addresses are those that the proxy tells, and not those of the other end. */
const ofAddresses = "one end's local address is the other's remote address";

const transports: Readonly<Record<string, StreamPairFactory>> = {
  'TCP behind a proxy (2)': () => behind({ ...named }),
  'TCP behind a proxy (1)': () => behind({ ...named, version: 1, extensions: [] }),
  'TCP behind a proxy that checks': () => behind({ ...nameless, command: 'LOCAL' }),
  'a Unix socket behind a proxy': () => behind({ ...nameless, version: 1, extensions: [] }, scratchPath()),
  'TLS behind a proxy': () => behind({ ...named }, 'tcp://127.0.0.1:0', true),
};

for (const [transport, makePair] of Object.entries(transports)) {
  const isNameless = transport.includes('checks') || transport.includes('Unix');
  describe(`ByteStream over ${transport}`, () => {
    const kept = streamContract.filter(({ name }) => isNameless || name !== ofAddresses);
    for (const { name, run } of kept) test(name, { timeout: 30_000 }, () => run(makePair));
  });
}

test('the sentence that is left out is one of the contract', () => {
  expect(streamContract.map(({ name }) => name)).toContain(ofAddresses);
});

async function behind(
  proxyHeader: ProxyHeader,
  address: string = 'tcp://127.0.0.1:0',
  isSecure: boolean = false,
): ReturnType<StreamPairFactory> {
  const proxyProtocol = { trusted: ['127.0.0.0/8', 'unix'] };
  const listener = await listen(address, { proxyProtocol, ...(isSecure ? { tls: pem.server } : {}) });
  const tls = isSecure ? { ca: pem.authority, servername: 'localhost' } : false;
  const [a, b] = await Promise.all([connect(listener.address, { proxyHeader, tls }), listener.accept()]);
  return { a, b, close: () => listener.close() };
}
