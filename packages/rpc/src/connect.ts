import { connect, type AddressLike, type ByteStream, type ConnectOptions } from '@wirestack/socket';
import { createClient, type Client } from './client.ts';
import { RpcUsageError } from './errors.ts';
import type { PeerOptions } from './peer-options.ts';
import { Peer } from './peer.ts';
import type { Wire } from './wire.ts';

export interface ConnectRpcOptions extends PeerOptions {
  /** The wire: `jsonRpc()`. */
  readonly codec: Wire;
  /** How the connection is made: its deadline, its signal. */
  readonly connect?: ConnectOptions;
}

/** A typed client of a connection of its own. */
export type RpcClient<Target> = Client<Target> & AsyncDisposable;

/**
 * Connects and gives a typed client: `const client = await connectRpc<typeof api>('tcp://127.0.0.1:9000', { codec: jsonRpc() })`.
 * {@link peerOf} has the connection behind it.
 *
 * @throws SocketError where the connection cannot be made; RpcUsageError for limits that are none.
 */
export async function connectRpc<Target>(
  address: AddressLike,
  options: ConnectRpcOptions,
): Promise<RpcClient<Target>> {
  const stream = await connect(address, options.connect);
  try {
    return rpcOver<Target>(stream, options);
  } catch (error) {
    // Nobody else knows of it: it would hold the process.
    stream.abort(error);
    throw error;
  }
}

/** {@link connectRpc} over a stream that is there already: a memory pair, a tunnel. Takes the stream over. */
export function rpcOver<Target>(
  stream: ByteStream,
  options: Omit<ConnectRpcOptions, 'connect'>,
): RpcClient<Target> {
  return clientOf<Target>(new Peer(stream, options.codec, options));
}

/** A typed client over a peer: for the other direction of a connection that serves. */
export function clientOf<Target>(peer: Peer): RpcClient<Target> {
  const client = createClient<Target>(peer) as Client<Target> & object;
  const disposable = new Proxy(client, {
    get: (target, name): unknown =>
      name === Symbol.asyncDispose ? () => peer.close() : Reflect.get(target, name),
  }) as RpcClient<Target>;
  peers.set(disposable, peer);
  return disposable;
}

/**
 * The connection behind a client: to close it, to wait for its end, to call by name.
 *
 * @throws RpcUsageError for what neither {@link connectRpc} nor {@link rpcOver} made.
 */
export function peerOf(client: object): Peer {
  const peer = peers.get(client);
  if (peer === undefined) throw new RpcUsageError('peerOf() takes a client of a connection');
  return peer;
}

/** Out of the way of the names of procedures. */
const peers = new WeakMap<object, Peer>();
