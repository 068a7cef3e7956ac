import { authoritative, serveDns, Zone } from '@wirestack/dns';
import { makeServer } from '@wirestack/gateway';
import { jsonRpc, serveRpc, service } from '@wirestack/rpc';
import { xmlRpcApplication } from '@wirestack/rpc/xml-rpc';

const api = service({ add: (a: number, b: number) => a + b });
export const lines = await serveRpc('127.0.0.1:9000', api, { codec: jsonRpc({ framing: 'newline' }) });
export const web = await makeServer('127.0.0.1:8000', xmlRpcApplication(api));
const zone = Zone.fromText('@ 60 SOA ns me 1 1h 5m 1d 60\n@ 60 NS ns\nns 60 A 127.0.0.1', {
  origin: 'rpc.test',
});
export const names = await serveDns('127.0.0.1:5353', authoritative([zone]));
