import { describe, expect, test } from 'vitest';
import { connect, listen, socketPair, SocketUsageError, type ByteStream } from '@wirestack/socket';
import { capture, CaptureFile, type CaptureOptions } from '@wirestack/socket/capture';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { disposed, scratchPath } from '../scratch.ts';
import { itKeepsTheContract, overMemory, overTcp } from '../streams/contract.ts';
import { contentOf, packetsOf, type Packet } from './pcapng-reader.ts';

const text = new TextDecoder();

function capturing(): { file: CaptureFile; packets(): Promise<Packet[]> } {
  const chunks: Uint8Array[] = [];
  const file = new CaptureFile({ write: (bytes) => Promise.resolve(chunks.push(bytes)) });
  return {
    file,
    packets: async () => {
      await file.flush();
      return packetsOf(Buffer.concat(chunks));
    },
  };
}

/** `from:port > to:port flags data`. */
function told(packets: readonly Packet[]): string[] {
  return packets.map(({ data }) => {
    const { source, destination, flags, payload } = contentOf(data);
    return `${source} > ${destination} ${flags} ${text.decode(payload)}`.trimEnd();
  });
}

function commentOf(packet: Packet | undefined): string {
  return text.decode(packet?.options.get(1));
}

async function conversation(a: ByteStream, b: ByteStream): Promise<void> {
  await a.write('question');
  await b.read();
  await b.write('answer');
  await a.read();
  await a.shutdown('write');
  await b.read();
  await b.close();
  await a.read();
  await a.close();
}

describe('capture', () => {
  test.each(['client', 'server'] as const)(
    'shows memory as addresses for documentation, this end as the %s',
    async (role) => {
      const { file, packets } = capturing();
      const [a, b] = socketPair();
      await conversation(capture(a, file, { role, comment: 'mine' }), b);
      const here = role === 'client' ? '192.0.2.1:49152' : '192.0.2.2:8000';
      const there = role === 'client' ? '192.0.2.2:8000' : '192.0.2.1:49152';
      const opening =
        role === 'client'
          ? [`${here} > ${there} S`, `${there} > ${here} SA`, `${here} > ${there} A`]
          : [`${there} > ${here} S`, `${here} > ${there} SA`, `${there} > ${here} A`];
      const all = await packets();
      expect(told(all)).toEqual([
        ...opening,
        `${here} > ${there} PA question`,
        `${there} > ${here} A`,
        `${there} > ${here} PA answer`,
        `${here} > ${there} A`,
        `${here} > ${there} FA`,
        `${there} > ${here} A`,
        `${there} > ${here} FA`,
        `${here} > ${there} A`,
      ]);
      expect(commentOf(all[0])).toMatch(/^mine\nmemory:pair-\d+a to memory:pair-\d+b$/);
      expect(all.slice(1).map(commentOf).join('')).toBe('');
    },
  );

  test.each(['127.0.0.1', '[::1]'])(
    'shows the addresses of a connection over TCP as they are: %s',
    async (host) => {
      const { file, packets } = capturing();
      const listener = disposed(await listen(`tcp://${host}:0`));
      const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
      const [here, there] = [a.localAddress, a.remoteAddress].map((address) => {
        if (!('port' in address)) throw new Error('not over TCP');
        return `${host}:${String(address.port)}`;
      }) as [string, string];
      await conversation(capture(a, file), b);
      const all = await packets();
      expect(told(all).slice(2, 4)).toEqual([`${here} > ${there} A`, `${here} > ${there} PA question`]);
      expect(commentOf(all[0])).toBe('');
    },
  );

  test('shows a Unix socket by a port of the caller, and its path in a comment', async () => {
    const { file, packets } = capturing();
    const path = scratchPath();
    const listener = disposed(await listen(path));
    const [a, b] = await Promise.all([connect(path), listener.accept()]);
    await conversation(a, capture(b, file, { role: 'server', serverPort: 80 }));
    const all = await packets();
    expect(told(all)[0]).toBe('192.0.2.1:49152 > 192.0.2.2:80 S');
    expect(commentOf(all[0])).toContain(path);
  });

  test('tells the conversations of a file apart, by port and by number', async () => {
    const { file, packets } = capturing();
    for (let count = 0; count < 3; count++) capture(socketPair()[0], file);
    const opened = (await packets()).map(({ data }) => contentOf(data)).filter(({ flags }) => flags === 'S');
    expect(opened.map(({ source, sequence }) => [source, sequence])).toEqual([
      ['192.0.2.1:49152', 0],
      ['192.0.2.1:49153', 64_000],
      ['192.0.2.1:49154', 128_000],
    ]);
  });

  test('writes an IPv4 address and one of IPv6 as IPv6', async () => {
    const { file, packets } = capturing();
    const [stream] = socketPair();
    const mixed = Object.create(stream, {
      localAddress: { value: { family: 'ipv4', host: '192.0.2.7', port: 1 } },
      remoteAddress: { value: { family: 'ipv6', host: 'fe80::1%eth0', port: 2 } },
      closed: { value: stream.closed },
    }) as ByteStream;
    capture(mixed, file);
    expect(told(await packets())[0]).toBe('[::ffff:c000:207]:1 > [fe80::1]:2 S');
  });

  test('has what was received in push mode, and the bytes that cork holds back as they are written', async () => {
    const { file, packets } = capturing();
    const [inner, b] = socketPair();
    const a = capture(inner, file, { segmentBytes: 4 });
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    await b.write('pushed');
    await receiver.untilBytes(6);
    a.cork();
    void a.write('corked');
    const payloads = (await packets()).map(({ data }) => text.decode(contentOf(data).payload));
    expect(payloads.filter((payload) => payload !== '')).toEqual(['push', 'ed', 'cork', 'ed']);
  });

  test.each([
    ['this end', (a: ByteStream) => a, '192.0.2.1:49152 > 192.0.2.2:8000 RA', /^aborted/],
    ['the peer', (_: ByteStream, b: ByteStream) => b, '192.0.2.2:8000 > 192.0.2.1:49152 RA', /peer/],
  ])('shows a reset by %s, with the reason', async (_, which, expected, reason) => {
    const { file, packets } = capturing();
    const [inner, b] = socketPair();
    const a = capture(inner, file);
    const reading = a.read().catch(() => undefined);
    which(a, b).abort();
    await reading;
    await a.closed.catch(() => undefined);
    const all = await packets();
    expect(told(all).at(-1)).toBe(expected);
    expect(commentOf(all.at(-1))).toMatch(reason);
  });

  test('a sink that fails changes nothing for the stream', async () => {
    const file = new CaptureFile({ write: () => Promise.reject(new Error('no space')) });
    const [a, b] = socketPair();
    await conversation(capture(a, file), b);
    await expect(file.close()).rejects.toThrow('no space');
    expect(file.dropped).toBeGreaterThan(0);
  });

  test.each<CaptureOptions>([
    { segmentBytes: 0 },
    { segmentBytes: 65_496 },
    { segmentBytes: 1.5 },
    { serverPort: -1 },
    { serverPort: 65_536 },
  ])('%j is refused', (options) => {
    const [a] = socketPair();
    expect(() => capture(a, capturing().file, options)).toThrow(SocketUsageError);
  });
});

const captured = (stream: ByteStream): ByteStream => {
  const file = new CaptureFile({ write: () => Promise.resolve() });
  return capture(stream, file);
};
itKeepsTheContract('a captured memory pair', overMemory(captured));
itKeepsTheContract('a captured TCP connection', overTcp(captured));
