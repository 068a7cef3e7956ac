// @ts-check
/** @wirestack/rpc with its defaults: a deadline of 30 s on every call, and every limit. */
import { connectRpc, jsonRpc, serveRpc, service } from '@wirestack/rpc';
import { api, promised } from './calls.js';

const served = service(api);

/**
 * @param {'length-prefix' | 'newline' | 'content-length'} framing
 * @returns {import('./index.js').Ends}
 */
export function wirestack(framing) {
  return {
    async serve() {
      const server = await serveRpc('tcp://127.0.0.1:0', served, { codec: jsonRpc({ framing }) });
      return /** @type {{ port: number }} */ (server.address).port;
    },
    async connect(port) {
      const client = /** @type {import('@wirestack/rpc').RpcClient<typeof served>} */ (
        await connectRpc(`tcp://127.0.0.1:${String(port)}`, { codec: jsonRpc({ framing }) })
      );
      return promised({ add: () => client.add(1, 2), echo: (text) => client.echo(text) });
    },
  };
}
