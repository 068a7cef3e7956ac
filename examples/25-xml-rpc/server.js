// @ts-check
// Seed 003: XML-RPC, with functions, dotted names, multicall and introspection. Try it with client.js, or with Python's xmlrpc.client.
import { makeServer } from '@wirestack/gateway';
import { service } from '@wirestack/rpc';
import { xmlRpcApplication } from '@wirestack/rpc/xml-rpc';
import { formatAddress } from '@wirestack/socket';

const api = service({
  /** @type {(x: number, y: number) => number} */ pow: (x, y) => x ** y,
  /** @type {(x: number, y: number) => number} */ add: (x, y) => x + y,
  getData: () => '42',
  currentTime: { getCurrentTime: () => new Date() },
});

const application = xmlRpcApplication(api, { multicall: true, introspection: true });
const server = await makeServer(process.argv[2] ?? '127.0.0.1:8000', application);
console.log('listening on', formatAddress(server.address));
