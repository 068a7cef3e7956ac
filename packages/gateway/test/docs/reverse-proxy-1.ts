import { makeServer, mount, textResponse } from '@wirestack/gateway';
import { reverseProxy } from '@wirestack/gateway/reverse-proxy';

const upstream = await makeServer('127.0.0.1:0', (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [`${environ.PATH_INFO} for ${String(environ['HTTP_X_FORWARDED_FOR'])}\n`];
});
if (!('port' in upstream.address)) throw new Error('a port was asked for');

const app = mount({
  '/api': reverseProxy([`http://127.0.0.1:${String(upstream.address.port)}/v1`]),
  '/': (_environ, startResponse) => textResponse(startResponse, '200 OK'),
});
const server = await makeServer('127.0.0.1:0', app);
if ('port' in server.address) {
  const response = await fetch(`http://127.0.0.1:${String(server.address.port)}/api/users`);
  console.log(await response.text()); // /v1/users for 127.0.0.1…
}
await server.drain();
await upstream.drain();
