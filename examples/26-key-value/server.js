// @ts-check
// Seed 000: the key-value server, over XML-RPC, and over JSON-RPC on a socket: one store, two wires.
import { makeServer } from '@wirestack/gateway';
import { jsonRpc, RpcFault, serveRpc, service } from '@wirestack/rpc';
import { xmlRpcApplication } from '@wirestack/rpc/xml-rpc';
import { formatAddress } from '@wirestack/socket';

/** @type {Map<string, unknown>} */
const data = new Map();
const api = service({
  /** @param {string} name */
  get: (name) => {
    if (!data.has(name)) throw new RpcFault(1, `no such name: ${name}`);
    return data.get(name);
  },
  /** @type {(name: string, value: unknown) => void} */
  set: (name, value) => void data.set(name, value),
  /** @param {string} name */
  exists: (name) => data.has(name),
  /** @param {string} name */
  delete: (name) => void data.delete(name),
  keys: () => [...data.keys()],
});

const web = await makeServer(process.argv[2] ?? ':15000', xmlRpcApplication(api, { allowNone: true }));
const lines = await serveRpc(process.argv[3] ?? '127.0.0.1:15001', api, {
  codec: jsonRpc({ framing: 'newline' }),
});
console.log('listening on', formatAddress(web.address));
console.log('JSON-RPC on', formatAddress(lines.address));
