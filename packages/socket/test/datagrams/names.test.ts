import { describe, expect, test } from 'vitest';
import {
  bind,
  requestDatagram,
  type Datagram,
  type DatagramSocket,
  type LookupFunction,
} from '@wirestack/socket';
import { disposed } from '../scratch.ts';

const text = ({ data }: Datagram): string => new TextDecoder().decode(data);
const portOf = ({ localAddress }: DatagramSocket): number => (localAddress as { port: number }).port;
const [ipv4, ipv6] = ['udp://127.0.0.1:0', 'udp://[::1]:0'];

/** A lookup that knows this machine, by both of its addresses, and notes what it is asked. */
function recordingLookup(): { lookup: LookupFunction; asked: unknown[] } {
  const asked: unknown[] = [];
  const lookup: LookupFunction = (name, options, callback) => {
    asked.push([name, options.family]);
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]);
  };
  return { lookup, asked };
}

describe.each([
  ['IPv4', ipv4, 4, '127.0.0.1'],
  ['IPv6', ipv6, 6, '::1'],
])('names, on an %s socket', (_, local, family, host) => {
  test('are looked up in its family, by the lookup it was given', async () => {
    const { lookup, asked } = recordingLookup();
    const [sender, receiver] = [disposed(await bind(local, { lookup })), disposed(await bind(local))];
    const to = { host: 'machine.test', port: portOf(receiver) };
    await sender.send('by name', to);
    expect(text(await receiver.receive())).toBe('by name');
    expect(await sender.resolve(to)).toEqual(receiver.localAddress);
    expect(asked).toEqual(Array(2).fill(['machine.test', family]));
  });

  test('are looked up once for all attempts of a request', async () => {
    const { lookup, asked } = recordingLookup();
    const [client, server] = [disposed(await bind(local, { lookup })), disposed(await bind(local))];
    let count = 0;
    server.attach({
      datagram: (data, from) => {
        if (++count > 1) server.post(data, from);
      },
    });
    const to = { host: 'machine.test', port: portOf(server) };
    const { attempts } = await requestDatagram(client, 'x', { to, firstTimeoutMs: 1, attempts: 99 });
    expect(attempts).toBeGreaterThan(1);
    expect(asked).toEqual([['machine.test', family]]);
  });

  test('left out are this machine', async () => {
    const [sender, receiver] = [disposed(await bind(local)), disposed(await bind(local))];
    const port = portOf(receiver);
    expect(await sender.resolve(`:${String(port)}`)).toMatchObject({ host, port });
    await sender.send('here', { port });
    expect(text(await receiver.receive())).toBe('here');
  });

  test('that are addresses are not looked up', async () => {
    const { lookup, asked } = recordingLookup();
    const sender = disposed(await bind(local, { lookup }));
    await sender.send('x', { host, port: 9 });
    expect(asked).toEqual([]);
  });
});

describe('a name', () => {
  test('that the system knows is resolved by the system', async () => {
    const [sender, receiver] = [disposed(await bind(ipv4)), disposed(await bind(ipv4))];
    const to = { host: 'localhost', port: portOf(receiver) };
    expect(await sender.resolve(to)).toEqual(receiver.localAddress);
  });

  test('without an address of the socket’s family is NOT_FOUND, whatever the lookup says', async () => {
    const lookup: LookupFunction = (_name, _options, callback) => {
      callback(null, '127.0.0.1', 4);
    };
    const six = disposed(await bind(ipv6, { lookup }));
    await expect(six.send('x', 'only4.test:9')).rejects.toMatchObject({
      name: 'SocketError',
      code: 'NOT_FOUND',
      message: 'only4.test has no IPv6 address',
      address: 'only4.test:9',
    });
    const four = disposed(await bind(ipv4, { lookup }));
    expect(await four.resolve('only4.test:9')).toEqual({ family: 'ipv4', host: '127.0.0.1', port: 9 });
  });

  test('whose lookup fails is NOT_FOUND, with the reason', async () => {
    const reason = Object.assign(new Error('nobody knows'), { code: 'ENOTFOUND' });
    const lookup: LookupFunction = (_name, _options, callback) => {
      callback(reason, []);
    };
    const socket = disposed(await bind(ipv4, { lookup }));
    const notFound = { code: 'NOT_FOUND', cause: reason };
    await expect(socket.resolve('nowhere.test:9')).rejects.toMatchObject(notFound);
    await expect(bind('nowhere.test:0', { lookup })).rejects.toMatchObject(notFound);
  });

  test('may be bound to, in the family that is asked for', async () => {
    const { lookup, asked } = recordingLookup();
    const first = disposed(await bind('machine.test:0', { lookup }));
    expect(first.localAddress).toMatchObject({ host: '127.0.0.1' });
    const second = disposed(await bind('machine.test:0', { lookup, family: 'ipv6' }));
    expect(second.localAddress).toMatchObject({ host: '::1' });
    expect(asked).toEqual([
      ['machine.test', undefined],
      ['machine.test', 6],
    ]);
  });

  test('is waited for no longer than the deadline', async () => {
    const socket = disposed(await bind(ipv4, { lookup: () => undefined }));
    await expect(socket.send('x', 'slow.test:9', { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await expect(socket.resolve('slow.test:9', { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await expect(socket.resolve('127.0.0.1:9', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  test('is refused by post', async () => {
    const socket = disposed(await bind(ipv4));
    expect(() => socket.post(new Uint8Array(1), { family: 'ipv4', host: 'localhost', port: 9 })).toThrow(
      expect.objectContaining({ name: 'SocketUsageError', code: 'BAD_ADDRESS' }),
    );
  });
});

test('an IPv4 socket reaches no IPv6, and says so', async () => {
  const socket = disposed(await bind(ipv4));
  const refused = { name: 'SocketUsageError', code: 'BAD_ADDRESS' };
  await expect(socket.send('x', '[::1]:9')).rejects.toMatchObject(refused);
  await expect(socket.resolve('[::1]:9')).rejects.toMatchObject(refused);
  expect(() => socket.post(new Uint8Array(1), { family: 'ipv6', host: '::1', port: 9 })).toThrow(
    expect.objectContaining(refused),
  );
});
