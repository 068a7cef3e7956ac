import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authoritative, serveDns } from '@wirestack/dns';
import {
  bind,
  connect,
  connectDatagram,
  listen,
  socketPair,
  type ByteStream,
  type DatagramSocket,
} from '@wirestack/socket';
import { capture, captureDatagrams, CaptureFile, type CaptureOptions } from '@wirestack/socket/capture';
import { testZone } from '../dns/zone.ts';
import { isInstalled, output } from '../support/program.ts';

describe.skipIf(!isInstalled('tshark'))('tshark', () => {
  let directory: string;
  let files = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wirestack-capture-'));
  });

  afterAll(() => rm(directory, { recursive: true }));

  /** The path of what `session` has captured. */
  async function recorded(session: (file: CaptureFile) => Promise<void>): Promise<string> {
    const path = join(directory, `${String(++files)}.pcapng`);
    await using handle = await open(path, 'w');
    await using file = new CaptureFile(handle, { comment: 'of a test' });
    await session(file);
    return path;
  }

  /** Of the packets that `filter` lets pass, the fields: a line each. */
  async function packets(path: string, filter: string, fields: string, ...more: string[]): Promise<string[]> {
    const asked = fields.split(' ').flatMap((field) => ['-e', field]);
    const args = ['-n', '-r', path, ...verified, ...more, '-Y', filter, '-T', 'fields', ...asked];
    const said = await output('tshark', args, { timeoutMs: 60_000 });
    return said === '' ? [] : said.replace(/\n$/, '').split('\n');
  }

  /** What an analyser would remark on, and checksums that are not right: there must be one to check in each packet. */
  function flaws(path: string): Promise<string[]> {
    const good = 'tcp.checksum.status == 1 || udp.checksum.status == 1';
    const filter = `tcp.analysis.flags || _ws.malformed || !(${good}) || (ip && !(ip.checksum.status == 1))`;
    return packets(path, filter, 'frame.number _ws.expert.message tcp.checksum.status ip.checksum.status');
  }

  const http = ['-d', 'tcp.port==8000,http'];

  /** Two streams with HTTP on them, and how tshark is to know. */
  const transports: Readonly<Record<string, () => Promise<[client: ByteStream, server: ByteStream]>>> = {
    'TCP over IPv4': () => connected('tcp://127.0.0.1:0'),
    'TCP over IPv6': () => connected('tcp://[::1]:0'),
    'a Unix socket': () => connected(join(directory, `${String(++files)}.sock`)),
    memory: () => Promise.resolve(socketPair()),
  };

  const rows = Object.entries(transports).flatMap(([over, make]) =>
    (['client', 'server'] as const).map((role) => ({ over, make, role })),
  );

  test.each(rows)('decodes HTTP over $over, captured by the $role', async ({ make, role }) => {
    let ports: string[] = [];
    const path = await recorded(async (file) => {
      const [client, server] = await make();
      const options: CaptureOptions = { role, comment: 'an exchange' };
      if (role === 'client') await exchangeHttp(capture(client, file, options), server);
      else await exchangeHttp(client, capture(server, file, options));
      const { remoteAddress } = client;
      if ('port' in remoteAddress) ports = ['-d', `tcp.port==${String(remoteAddress.port)},http`];
    });
    const fields =
      'http.request.method http.request.uri http.response.code http.content_length http.host http.server';
    expect(await packets(path, 'http', fields, ...http, ...ports)).toEqual([
      'GET\t/one\t\t\tcapture.test\t',
      '\t\t200\t300000\t\twirestack',
      'POST\t/two\t\t4\tcapture.test\t',
      '\t\t204\t\t\twirestack',
    ]);
    expect(await flaws(path)).toEqual([]);
    const flags = await packets(path, 'tcp', 'tcp.flags');
    expect(flags.slice(0, 3)).toEqual([syn, synAck, ack]);
    expect(flags.slice(-4)).toEqual([finAck, ack, finAck, ack]);
    const [comment] = await packets(path, 'frame.number == 1', 'frame.comment');
    expect(comment).toMatch(/^an exchange/);
  });

  test('finds the addresses of the stream, and the client where it was', async () => {
    let expected = '';
    const path = await recorded(async (file) => {
      const [client, server] = await connected('tcp://[::1]:0');
      const { localAddress, remoteAddress } = client;
      expected = [localAddress, remoteAddress]
        .map((address) => ('port' in address ? `${address.host}\t${String(address.port)}` : ''))
        .join('\t');
      await exchangeHttp(client, capture(server, file, { role: 'server' }));
    });
    const [syn] = await packets(
      path,
      'tcp.flags.syn == 1 && tcp.flags.ack == 0',
      'ipv6.src tcp.srcport ipv6.dst tcp.dstport',
    );
    expect(syn).toBe(expected);
  });

  test('puts megabytes each way together again, cut as on Ethernet', async () => {
    const size = 3_000_000;
    const path = await recorded(async (file) => {
      const [a, b] = await connected('tcp://127.0.0.1:0');
      const captured = capture(a, file, { segmentBytes: 1460 });
      const half = new Uint8Array(size).map((_, at) => at % 251);
      await Promise.all([send(captured, half), send(b, half), drained(captured), drained(b)]);
    });
    expect(await flaws(path)).toEqual([]);
    const lengths = (await packets(path, 'tcp.len > 0', 'tcp.len')).map(Number);
    expect(Math.max(...lengths)).toBe(1460);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(2 * size);
  });

  test('keeps the streams of one file apart', async () => {
    const path = await recorded(async (file) => {
      const streams = Array.from({ length: 5 }, () => socketPair());
      await Promise.all(streams.map(([client, server]) => exchangeHttp(capture(client, file), server)));
    });
    const requests = await packets(path, 'http.request', 'tcp.stream http.request.uri', ...http);
    const expected = [0, 1, 2, 3, 4].flatMap((stream) =>
      ['one', 'two'].map((uri) => `${String(stream)}\t/${uri}`),
    );
    expect(requests.sort()).toEqual(expected);
    expect(await flaws(path)).toEqual([]);
  });

  test.each(['client', 'server'] as const)('sees who reset a connection: the %s', async (resetter) => {
    const path = await recorded(async (file) => {
      const [client, server] = await connected('tcp://127.0.0.1:0');
      const captured = capture(client, file, { comment: 'to be reset' });
      await captured.write('half a requ');
      await server.read();
      const reading = captured.read().catch(() => undefined);
      (resetter === 'client' ? captured : server).abort();
      await reading;
      await captured.closed.catch(() => undefined);
      server.abort();
    });
    const [client] = await packets(path, 'frame.number == 1', 'tcp.srcport');
    const resets = await packets(path, 'tcp.flags.reset == 1', 'tcp.srcport tcp.len');
    expect(resets).toHaveLength(1);
    expect(resets[0]?.startsWith(`${String(client)}\t`)).toBe(resetter === 'client');
    expect(await flaws(path)).toEqual([]);
  });

  test('is told of packets that a slow sink lost, and finds the gap', async () => {
    const path = join(directory, 'gap.pcapng');
    await using handle = await open(path, 'w');
    await using file = new CaptureFile(handle, { maxQueuedBytes: 100_000 });
    const [a, b] = socketPair();
    const captured = capture(a, file);
    void captured.write(new Uint8Array(60_000));
    void captured.write(new Uint8Array(60_000));
    await file.flush();
    void captured.write(new Uint8Array(10));
    await drop(captured, b);
    await file.close();
    expect(file.dropped).toBeGreaterThan(0);
    expect(await packets(path, 'tcp.analysis.lost_segment', 'tcp.len')).toEqual(['10']);
    expect(await packets(path, 'frame.drop_count', 'frame.drop_count tcp.len')).toEqual(['1\t0']);
  });

  test.each(['127.0.0.1:0', '[::1]:0'])('decodes DNS over UDP on %s', async (address) => {
    await using server = await serveDns(address, authoritative([testZone()]));
    const { port } = server.address as { port: number };
    const path = await recorded(async (file) => {
      await using socket = captureDatagrams(await bind(`udp://${address}`), file);
      await socket.send(queryFor(1, 'www.example.test'), server.address);
      await socket.receive();
      await using connectedSocket = captureDatagrams(await connectDatagram(server.address), file);
      await connectedSocket.send(queryFor(2, 'nothing.example.test'));
      await pushed(connectedSocket);
    });
    const asDns = ['-d', `udp.port==${String(port)},dns`];
    const fields = 'dns.id dns.flags.response dns.qry.name dns.flags.rcode dns.a';
    expect(await packets(path, 'dns', fields, ...asDns)).toEqual([
      '0x0001\t0\twww.example.test\t\t',
      '0x0001\t1\twww.example.test\t0\t192.0.2.80',
      '0x0002\t0\tnothing.example.test\t\t',
      '0x0002\t1\tnothing.example.test\t3\t',
    ]);
    expect(await flaws(path)).toEqual([]);
    expect(await packets(path, 'frame', 'frame.protocols')).toHaveLength(4);
  });
});

const [syn, synAck, ack, finAck] = ['0x0002', '0x0012', '0x0010', '0x0011'];

/** Every checksum is looked at: by default tshark takes them on trust, as network cards do. */
const verified = [
  ...['-o', 'ip.check_checksum:TRUE'],
  ...['-o', 'tcp.check_checksum:TRUE'],
  ...['-o', 'udp.check_checksum:TRUE'],
];

async function connected(address: string): Promise<[client: ByteStream, server: ByteStream]> {
  const listener = await listen(address);
  const [client, server] = await Promise.all([connect(listener.address), listener.accept()]);
  await listener.close();
  return [client, server];
}

/** Two requests on one connection; then the client ends it, and the server. */
async function exchangeHttp(client: ByteStream, server: ByteStream): Promise<void> {
  await client.write('GET /one HTTP/1.1\r\nHost: capture.test\r\n\r\n');
  await read(server, /\r\n\r\n$/);
  void server.write('HTTP/1.1 200 OK\r\nServer: wirestack\r\nContent-Length: 300000\r\n\r\n');
  void server.write('x'.repeat(300_000));
  await read(client, /\r\n\r\nx{300000}$/);
  await client.write('POST /two HTTP/1.1\r\nHost: capture.test\r\nContent-Length: 4\r\n\r\n');
  await client.write('body');
  await read(server, /\r\n\r\nbody$/);
  await server.write('HTTP/1.1 204 No Content\r\nServer: wirestack\r\n\r\n');
  await read(client, /\r\n\r\n$/);
  await client.shutdown('write');
  await drained(server);
  await server.close();
  await drained(client);
  await client.close();
}

/** Reads until all that came is as expected. */
async function read(stream: ByteStream, expected: RegExp): Promise<void> {
  const decoder = new TextDecoder('latin1');
  for (let text = ''; !expected.test(text);) {
    const chunk = await stream.read();
    if (chunk === undefined) throw new Error(`ended after ${text}`);
    text += decoder.decode(chunk);
  }
}

async function send(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 100_000) await stream.write(bytes.subarray(at, at + 100_000));
  await stream.shutdown('write');
}

async function drained(stream: ByteStream): Promise<void> {
  while ((await stream.read()) !== undefined);
}

async function drop(...streams: ByteStream[]): Promise<void> {
  for (const stream of streams) {
    stream.abort();
    await stream.closed.catch(() => undefined);
  }
}

/** The next packet, in push mode. */
function pushed(socket: DatagramSocket): Promise<Uint8Array> {
  return new Promise((resolve) => {
    socket.attach({ datagram: resolve });
  });
}

/** A question for addresses of IPv4 (RFC 1035 section 4.1). */
function queryFor(id: number, name: string): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  return Uint8Array.of(0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1);
}
