import { serve, type Address, type AddressLike, type Deadline, type ServeOptions } from '@wirestack/socket';
import { settlePeer, type PeerOptions } from './peer-options.ts';
import { Peer } from './peer.ts';
import { requireService, type Service } from './service.ts';
import type { Wire } from './wire.ts';

export interface ServeRpcOptions extends Omit<PeerOptions, 'service'> {
  /** The wire: `jsonRpc()`. */
  readonly codec: Wire;
  /** How connections are taken: `maxConnections` and the like. */
  readonly listen?: Omit<ServeOptions, 'onError'>;
  /** Told of each connection: to call the client, to know when it goes. */
  readonly onPeer?: (peer: Peer) => void;
}

export interface RpcServer extends AsyncDisposable {
  readonly address: Address;
  /** The connections there are. */
  readonly peers: ReadonlySet<Peer>;
  /** Stops accepting, lets calls that run come to an end, answers them and closes; what is left when the deadline passes is aborted. */
  drain(options?: Deadline): Promise<void>;
  /** Stops accepting. Connections live on. */
  close(): Promise<void>;
}

/**
 * Serves procedures to every connection: `serveRpc('tcp://127.0.0.1:9000', api, { codec: jsonRpc() })`.
 *
 * @throws SocketError `IN_USE` `PERMISSION` `UNAVAILABLE` `NOT_FOUND`; RpcUsageError for limits that are none, and for what `service()` did
 *   not make. All of them by rejection.
 */
export async function serveRpc(
  address: AddressLike,
  service: Service,
  options: ServeRpcOptions,
): Promise<RpcServer> {
  // Here, and not when the first one connects.
  settlePeer({ ...options, service: requireService(service) });
  const peers = new Set<Peer>();
  const server = await serve(
    address,
    (stream) => {
      const peer = new Peer(stream, options.codec, { ...options, service });
      peers.add(peer);
      void peer.closed.then(() => peers.delete(peer));
      options.onPeer?.(peer);
      return undefined;
    },
    options.listen,
  );
  return {
    address: server.address,
    peers,
    close: () => server.close(),
    drain: async (deadline) => {
      const stopped = server.close();
      const ended = [...peers].map(async (peer) => {
        await peer.close(deadline).catch(() => undefined);
        await peer.closed;
      });
      await Promise.all(ended);
      await stopped;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
