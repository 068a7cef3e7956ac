import { describe, expect, test } from 'vitest';
import { bind, connectDatagram, type Address, type DatagramSocket } from '@wirestack/socket';
import { captureDatagrams, CaptureFile } from '@wirestack/socket/capture';
import { disposed } from '../scratch.ts';
import { contentOf, packetsOf } from './pcapng-reader.ts';

const text = new TextDecoder();
const anyPort = 'udp://127.0.0.1:0';

async function captured(
  opening: Promise<DatagramSocket> = bind(anyPort),
): Promise<{ socket: DatagramSocket; told: () => Promise<string[]> }> {
  const chunks: Uint8Array[] = [];
  const file = new CaptureFile({ write: (bytes) => Promise.resolve(chunks.push(bytes.slice())) });
  const socket = disposed(captureDatagrams(disposed(await opening), file));
  /** `from > to data`, and the comment where there is one. */
  const told = async (): Promise<string[]> => {
    await file.flush();
    return packetsOf(Buffer.concat(chunks)).map(({ data, options }) => {
      const { source, destination, payload } = contentOf(data);
      const comment = options.get(1);
      const remark = comment === undefined ? '' : ` (${text.decode(comment)})`;
      return `${source} > ${destination} ${text.decode(payload)}${remark}`;
    });
  };
  return { socket, told };
}

function name(address: Address | undefined): string {
  if (address === undefined || !('port' in address)) throw new Error('not over UDP');
  return `${address.family === 'ipv6' ? `[${address.host}]` : address.host}:${String(address.port)}`;
}

describe('captureDatagrams', () => {
  test.each([anyPort, 'udp://[::1]:0'])('has what was sent and received, on %s', async (address) => {
    const { socket, told } = await captured(bind(address));
    const peer = disposed(await bind(address));
    await socket.send('question', peer.localAddress);
    const { data, from } = await peer.receive();
    expect(text.decode(data)).toBe('question');
    await peer.send('answer', from);
    expect(text.decode((await socket.receive()).data)).toBe('answer');
    socket.post(new Uint8Array(), peer.localAddress);
    const [here, there] = [name(socket.localAddress), name(peer.localAddress)];
    expect(await told()).toEqual([
      `${here} > ${there} question`,
      `${there} > ${here} answer`,
      `${here} > ${there} `,
    ]);
  });

  test('of a connected socket, too, and in push mode', async () => {
    const peer = disposed(await bind(anyPort));
    const { socket, told } = await captured(connectDatagram(peer.localAddress));
    await socket.send(new TextEncoder().encode('question'));
    const { from } = await peer.receive();
    const received = new Promise<string>((resolve) => {
      socket.attach({ datagram: (data) => resolve(text.decode(data)) });
    });
    await peer.send('answer', from);
    expect(await received).toBe('answer');
    const [here, there] = [name(socket.localAddress), name(peer.localAddress)];
    expect(await told()).toEqual([`${here} > ${there} question`, `${there} > ${here} answer`]);
  });

  test('in a loop, which ends when the socket is closed', async () => {
    const { socket, told } = await captured();
    const peer = disposed(await bind(anyPort));
    await peer.send('one', socket.localAddress);
    await peer.send('two', socket.localAddress);
    const seen: string[] = [];
    for await (const { data } of socket) {
      seen.push(text.decode(data));
      if (seen.length === 2) void socket.close();
    }
    expect(seen).toEqual(['one', 'two']);
    expect(await told()).toHaveLength(2);
  });

  test('a receiver is told of the rest as without a capture', async () => {
    const { socket } = await captured();
    const closed = new Promise<void>((resolve) => {
      socket.attach({ datagram: () => undefined, closed: resolve });
    });
    await expect(socket.receive()).rejects.toMatchObject({ code: 'ATTACHED' });
    await socket.close();
    await closed;
  });

  test('a receiver is told of errors, too', async () => {
    const gone = await bind(anyPort);
    const { socket, told } = await captured(connectDatagram(gone.localAddress));
    await gone.close();
    const failed = new Promise<string>((resolve) => {
      socket.attach({ datagram: () => undefined, error: ({ code }) => resolve(code) });
    });
    socket.post(Uint8Array.of(0x78), socket.remoteAddress!);
    expect(await failed).toBe('REFUSED');
    expect(await told()).toEqual([`${name(socket.localAddress)} > ${name(gone.localAddress)} x`]);
  });

  test('a socket bound to every interface is shown as such, in the family of its peer', async () => {
    const { socket, told } = await captured(bind(':0'));
    const peer = disposed(await bind(anyPort));
    await socket.send('out', peer.localAddress);
    const { port } = socket.localAddress as { port: number };
    expect(await told()).toEqual([`0.0.0.0:${String(port)} > ${name(peer.localAddress)} out`]);
  });

  test('a name is shown by an address for documentation, and told', async () => {
    const { socket, told } = await captured();
    const peer = disposed(await bind(anyPort));
    const { port } = peer.localAddress as { port: number };
    await socket.send('by name', { host: 'localhost', port }).catch(() => undefined);
    await socket.send('here', { port });
    const here = name(socket.localAddress);
    expect(await told()).toEqual([
      `${here} > 192.0.2.2:${String(port)} by name (the peer is localhost:${String(port)})`,
      `${here} > 127.0.0.1:${String(port)} here`,
    ]);
  });

  test('without a host it is this machine, by the family of the socket', async () => {
    const { socket, told } = await captured(bind('udp://[::1]:0'));
    const peer = disposed(await bind('udp://[::1]:0'));
    const { port } = peer.localAddress as { port: number };
    await socket.send('here', { port });
    await socket.send('by name', { host: 'localhost', port }).catch(() => undefined);
    const here = name(socket.localAddress);
    expect(await told()).toEqual([
      `${here} > [::1]:${String(port)} here`,
      `${here} > [2001:db8::2]:${String(port)} by name (the peer is localhost:${String(port)})`,
    ]);
  });

  test('groups and the rest of the options are the socket’s own', async () => {
    const { socket, told } = await captured(bind(':0'));
    const { port } = socket.localAddress as { port: number };
    socket.joinGroup('239.255.88.1', { interface: '127.0.0.1' });
    socket.setMulticastInterface('127.0.0.1');
    await socket.send('to us', { host: '239.255.88.1', port });
    expect(text.decode((await socket.receive()).data)).toBe('to us');
    expect(socket.receiveBufferBytes).toBeGreaterThan(0);
    expect(await told()).toEqual([
      `0.0.0.0:${String(port)} > 239.255.88.1:${String(port)} to us`,
      `127.0.0.1:${String(port)} > 0.0.0.0:${String(port)} to us`,
    ]);
  });

  test('what the socket refuses is refused, and not in the file', async () => {
    const { socket, told } = await captured();
    await expect(socket.send('x', 'unix:/run/x.sock')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(socket.send('x', 'not an address')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    await expect(socket.send('x')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(() => {
      socket.post(new Uint8Array(), { family: 'ipv4', host: 'localhost', port: 1 });
    }).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    await expect(socket.send(new Uint8Array(65_508), 'udp://127.0.0.1:9')).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(await told()).toEqual([]);
  });

  test('everything else is the socket’s own', async () => {
    const inner = disposed(await bind(anyPort));
    const file = new CaptureFile({ write: () => Promise.resolve() });
    const socket = captureDatagrams(inner, file);
    expect(socket.localAddress).toEqual(inner.localAddress);
    expect(socket.remoteAddress).toBeUndefined();
    expect([socket.dropped, socket.unsent]).toEqual([0, 0]);
    await socket.close();
    await expect(inner.receive()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
