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
