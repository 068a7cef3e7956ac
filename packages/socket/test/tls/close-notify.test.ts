import { connect as netConnect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, connect as tlsConnect, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, listen, type ByteStream, type SocketStream } from '@wirestack/socket';
import { startTls, TlsTerminator } from '@wirestack/socket/tls';
import { streamContract, type StreamPairFactory } from '@wirestack/socket/testing';
import { disposed, scratchPath, textUntilEnd } from '../scratch.ts';
import { pem } from './certificates.ts';

const client = { ca: pem.authority, servername: 'localhost', requireCloseNotify: true };
const server = { ...pem.server, requireCloseNotify: true };
const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** RFC 8446, section 6.1: "truncation attacks". */
describe.each(versions)('with requireCloseNotify, over %s', (version) => {
  const limits = { minVersion: version, maxVersion: version };

  test('a server takes an announced end for an end', async () => {
    const { stream, peer } = await accepted(limits, server);
    peer.end('all of it');
    expect(await textUntilEnd(stream)).toBe('all of it');
    await stream.write('answer');
    await stream.close();
    expect(await receivedBy(peer)).toBe('answer');
  });

  test('a server takes a bare FIN for an error, behind what came before it', async () => {
    const { stream, peer, raw } = await accepted(limits, server);
    await written(peer, 'a part of it');
    raw.end();
    expect(new TextDecoder().decode(await stream.read())).toBe('a part of it');
    await expect(stream.read()).rejects.toMatchObject({ name: 'SocketError', code: 'TRUNCATED' });
    await expect(stream.closed).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  test('a reader that comes after it gets what came before, and then the error', async () => {
    const { stream, peer, raw } = await accepted(limits, server);
    await written(peer, 'a part of it');
    await new Promise<void>((resolve) => raw.end(resolve));
    // Both arrive meanwhile; where they do not, this is the test above.
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(new TextDecoder().decode(await stream.read())).toBe('a part of it');
    await expect(stream.read()).rejects.toMatchObject({ code: 'TRUNCATED' });
    await expect(stream.closed).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  test('a client tells the two apart, too', async () => {
    const { stream, peer } = await connected(limits, client);
    peer.end('all of it');
    expect(await textUntilEnd(stream)).toBe('all of it');
    await stream.close();

    const cut = await connected(limits, client);
    await written(cut.peer, 'a part of it');
    cut.raw.end();
    expect(new TextDecoder().decode(await cut.stream.read())).toBe('a part of it');
    await expect(cut.stream.read()).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  test('without it a bare FIN is an end, for node says nothing else', async () => {
    const { stream, peer, raw } = await accepted(limits, pem.server);
    await written(peer, 'a part of it');
    raw.end();
    expect(await textUntilEnd(stream)).toBe('a part of it');
    stream.abort();
  });
});

test('in push mode a bare FIN is told as the error of closed(), without end()', async () => {
  const { stream, peer, raw } = await accepted({}, server);
  const told = new Promise<unknown[]>((resolve) => {
    const events: unknown[] = [];
    stream.attach({
      data: (chunk) => void events.push(new TextDecoder().decode(chunk)),
      end: () => void events.push('end'),
      closed: (error) => resolve([...events, error]),
      drain: () => undefined,
    });
  });
  await written(peer, 'part');
  raw.end();
  expect(await told).toEqual(['part', expect.objectContaining({ code: 'TRUNCATED' })]);
});

test('startTls has it on either side', async () => {
  const terminator = new TlsTerminator(server);
  const listener = disposed(await listen('tcp://127.0.0.1:0'));
  const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
  const [one, other] = await Promise.all([startTls(a, { client }), startTls(b, { server: terminator })]);
  await one.write('in order');
  await one.shutdown('write');
  expect(await textUntilEnd(other)).toBe('in order');
  await other.write('answer');
  // The carrier's end, and not that of TLS.
  await b.shutdown('write');
  expect(new TextDecoder().decode(await one.read())).toBe('answer');
  await expect(one.read()).rejects.toMatchObject({ code: 'TRUNCATED' });
  other.abort();
});

const transports: Readonly<Record<string, StreamPairFactory>> = {
  'TCP, TLS and announced ends': () => over('tcp://127.0.0.1:0'),
  'a Unix socket, TLS and announced ends': () => over(scratchPath()),
};

describe.each(Object.entries(transports))('ByteStream over %s', (_transport, makePair) => {
  for (const { name, run } of streamContract) test(name, { timeout: 30_000 }, () => run(makePair));
});

async function over(address: string): ReturnType<StreamPairFactory> {
  const listener = await listen(address, { tls: server });
  const [a, b] = await Promise.all([connect(listener.address, { tls: client }), listener.accept()]);
  return { a, b, close: () => listener.close() };
}

interface WithPeer {
  readonly stream: ByteStream;
  readonly peer: TLSSocket;
  /** The peer's connection under TLS. */
  readonly raw: Socket;
}

/** A stream of `listen`, and node's client. */
async function accepted(limits: object, tls: object): Promise<WithPeer> {
  const listener = disposed(await listen('tcp://127.0.0.1:0', { tls: { ...pem.server, ...tls } }));
  const { port } = listener.address as { port: number };
  const raw = netConnect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const peer = tlsConnect({ socket: raw, ca: pem.authority, servername: 'localhost', ...limits });
  const stream: SocketStream = await listener.accept();
  return finished({ stream, peer, raw });
}

/** A stream of `connect`, and node's server. */
async function connected(limits: object, tls: object): Promise<WithPeer> {
  const raws: Socket[] = [];
  const listening = createServer({ allowHalfOpen: true });
  const terminating = createTlsServer({ ...pem.server, ...limits });
  const accepting = new Promise<TLSSocket>((resolve) => terminating.once('secureConnection', resolve));
  listening.on('connection', (raw) => {
    raws.push(raw);
    terminating.emit('connection', raw);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listening.close());
  const { port } = listening.address() as AddressInfo;
  const stream = await connect(`tcp://127.0.0.1:${String(port)}`, { tls: tls as typeof client });
  const peer = await accepting;
  return finished({ stream, peer, raw: raws[0]! });
}

function finished(made: WithPeer): WithPeer {
  made.peer.on('error', () => undefined);
  onTestFinished(() => {
    made.raw.destroy();
    made.stream.abort();
  });
  return made;
}

/** Once it has left. */
function written(peer: TLSSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    peer.write(text, (error) => (error == null ? resolve() : reject(error)));
  });
}

async function receivedBy(peer: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of peer) text += (chunk as Buffer).toString();
  return text;
}
