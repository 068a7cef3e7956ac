import { listen, SocketError, socketPair } from '@wirestack/socket';
import { describe, expect, it } from 'vitest';
import {
  clientOf,
  connectRpc,
  jsonRpc,
  Peer,
  peerOf,
  rpcOver,
  RpcUsageError,
  serveRpc,
  service,
} from '../src/index.ts';

const codec = jsonRpc();

describe('connectRpc()', () => {
  it('rejects where nobody listens, and where its signal is aborted', async () => {
    const server = await listen('tcp://127.0.0.1:0');
    const { address } = server;
    await server.close();
    await expect(connectRpc(address, { codec })).rejects.toBeInstanceOf(SocketError);
    await expect(connectRpc(address, { codec })).rejects.toMatchObject({ code: 'REFUSED' });
    const signal = AbortSignal.abort();
    await expect(connectRpc(address, { codec, connect: { signal } })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('leaves no connection behind where its limits are none', async () => {
    await using server = await serveRpc('tcp://127.0.0.1:0', service({}), { codec });
    await expect(connectRpc(server.address, { codec, maxInFlight: 0 })).rejects.toBeInstanceOf(RpcUsageError);
    // A later connection is accepted after the first one, which has gone by then or goes now.
    await using client = await connectRpc<Record<string, () => unknown>>(server.address, { codec });
    await expect(client['f']?.()).rejects.toMatchObject({ code: -32601 });
    const [first, second] = server.peers;
    if (second !== undefined) await first?.closed;
    expect(server.peers.size).toBe(1);
  });

  it('serves the other end too', async () => {
    const [left, right] = socketPair();
    const here = service({ name: () => 'here' });
    const client = rpcOver<{ name(): string }>(left, { codec, service: here });
    const other = new Peer(right, codec, { service: service({ name: () => 'there' }) });
    expect(await client.name()).toBe('there');
    expect(await clientOf<typeof here>(other).name()).toBe('here');
    expect(peerOf(clientOf(other))).toBe(other);
    await peerOf(client).close();
    await other.closed;
  });

  it('works over a Unix socket', async () => {
    const api = service({ f: () => 'unix' });
    const path = `/tmp/rpc-connect-${String(process.pid)}.sock`;
    const server = await serveRpc(`unix:${path}`, api, { codec });
    const client = await connectRpc<typeof api>(`unix:${path}`, { codec });
    expect(await client.f()).toBe('unix');
    await server.drain();
    await peerOf(client).closed;
  });
});
