import { describe, expect, test } from 'vitest';
import { connect, formatAddress, listen, type Address } from '@wirestack/socket';
import { disposed, gone, scratchPath, textUntilEnd } from './scratch.ts';

describe('connect', () => {
  test('to a port nobody listens on rejects REFUSED and names the address', async () => {
    const { address } = await freed();
    await expect(connect(address)).rejects.toMatchObject({
      name: 'SocketError',
      code: 'REFUSED',
      address: formatAddress(address),
    });
  });

  test('to a name whose addresses all refuse rejects REFUSED', async () => {
    const { port } = await freed();
    await expect(connect(`localhost:${String(port)}`)).rejects.toMatchObject({
      code: 'REFUSED',
      address: `localhost:${String(port)}`,
    });
  });

  test('to a name goes where `lookup` says', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const { port } = listener.address as Address & { port: number };
    const asked: unknown[] = [];
    const [client, server] = await Promise.all([
      connect(`www.example.com:${String(port)}`, {
        lookup: (hostname, options, callback) => {
          asked.push([hostname, options.all]);
          queueMicrotask(() => {
            callback(null, [{ address: '127.0.0.1', family: 4 }]);
          });
        },
      }),
      listener.accept(),
    ]);
    expect(asked).toEqual([['www.example.com', true]]);
    expect(formatAddress(server.remoteAddress)).toBe(formatAddress(client.localAddress));
    client.abort();
    await gone(server);
  });

  test('races the addresses that `lookup` gives: one that refuses does not keep it from the next', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const { port } = listener.address as Address & { port: number };
    const [client, server] = await Promise.all([
      connect(`www.example.com:${String(port)}`, {
        lookup: (_hostname, _options, callback) => {
          queueMicrotask(() => {
            callback(null, [
              { address: '::1', family: 6 },
              { address: '127.0.0.1', family: 4 },
            ]);
          });
        },
      }),
      listener.accept(),
    ]);
    expect(client.remoteAddress).toMatchObject({ family: 'ipv4', host: '127.0.0.1', port });
    client.abort();
    await gone(server);
  });

  test('rejects NOT_FOUND with the error of `lookup` as its cause', async () => {
    const cause = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    await expect(
      connect('www.example.com:80', {
        lookup: (_hostname, _options, callback) => {
          queueMicrotask(() => {
            callback(cause, '');
          });
        },
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', address: 'www.example.com:80', cause });
  });

  test('does not ask `lookup` about an address', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const [client, server] = await Promise.all([
      connect(listener.address, {
        lookup: () => {
          throw new Error('asked');
        },
      }),
      listener.accept(),
    ]);
    client.abort();
    await gone(server);
  });

  test('aborted while `lookup` has not answered rejects ABORTED, and what it answers then is of no account', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const { port } = listener.address as Address & { port: number };
    const controller = new AbortController();
    let answer: (() => void) | undefined;
    const connecting = connect(`www.example.com:${String(port)}`, {
      signal: controller.signal,
      lookup: (_hostname, _options, callback) => {
        answer = () => {
          callback(null, [{ address: '127.0.0.1', family: 4 }]);
        };
      },
    });
    controller.abort('never mind');
    await expect(connecting).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    expect(answer).toBeTypeOf('function');
    answer?.();
    const next = await connect(listener.address);
    expect(formatAddress((await listener.accept()).remoteAddress)).toBe(formatAddress(next.localAddress));
    next.abort();
  });

  test('to a missing path rejects NOT_FOUND and names the path', async () => {
    const path = scratchPath();
    await expect(connect(path)).rejects.toMatchObject({ code: 'NOT_FOUND', address: `unix:${path}` });
  });

  test('to a text of no known form rejects BAD_ADDRESS', async () => {
    await expect(connect('nowhere')).rejects.toMatchObject({ name: 'SocketUsageError', code: 'BAD_ADDRESS' });
  });

  test('with a signal that has fired rejects ABORTED without connecting', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const signal = AbortSignal.abort('never mind');
    await expect(connect(listener.address, { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'never mind',
    });
    const next = await connect(listener.address);
    expect(formatAddress((await listener.accept()).remoteAddress)).toBe(formatAddress(next.localAddress));
    next.abort();
  });

  test('aborted on the way rejects ABORTED', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const controller = new AbortController();
    const connecting = connect(listener.address, { signal: controller.signal });
    controller.abort('never mind');
    await expect(connecting).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
  });

  test('a signal that fires after the connection is made does nothing to it', async () => {
    const listener = disposed(await listen('tcp://127.0.0.1:0'));
    const controller = new AbortController();
    const [client, server] = await Promise.all([
      connect(listener.address, { signal: controller.signal, timeoutMs: 60_000 }),
      listener.accept(),
    ]);
    controller.abort();
    await client.write('alive');
    await client.close();
    expect(await textUntilEnd(server)).toBe('alive');
    await server.close();
  });

  test('refuses a timeoutMs that is no duration', async () => {
    await expect(connect('127.0.0.1:1', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('tells each step that there is', async () => {
    const listener = disposed(await listen('127.0.0.1:0'));
    const { port } = listener.address as Address & { port: number };
    for (const [host, steps] of [
      ['127.0.0.1', ['connected']],
      ['localhost', ['resolved', 'connected']],
    ] as const) {
      const told: string[] = [];
      const stream = await connect({ host, port }, { family: 'ipv4', onStep: (step) => told.push(step) });
      expect(told).toEqual(steps);
      stream.abort();
    }
  });

  test('`:port` is this machine, and `localHost` the address to come from', async () => {
    const listener = disposed(await listen(':0'));
    const { port } = listener.address as Address & { port: number };
    const [here] = await Promise.all([connect(`:${String(port)}`), listener.accept()]);
    const [there, accepted] = await Promise.all([
      connect(`127.0.0.1:${String(port)}`, { localHost: '127.0.0.1', noDelay: false }),
      listener.accept(),
    ]);
    expect(accepted.remoteAddress).toEqual(there.localAddress);
    expect(accepted.remoteAddress).toMatchObject({ family: 'ipv4', host: '127.0.0.1' });
    here.abort();
    there.abort();
    await gone(accepted);
  });
});

/** An address that was free a moment ago. */
async function freed(): Promise<{ address: Address; port: number }> {
  const listener = await listen('tcp://127.0.0.1:0');
  const address = listener.address as Address & { port: number };
  await listener.close();
  return { address, port: address.port };
}
