import { makeServer, type Application } from '@wirestack/gateway';
import { compression } from '@wirestack/gateway/compression';
import { errorPages } from '@wirestack/gateway/error-pages';
import { health } from '@wirestack/gateway/health';
import { requestId } from '@wirestack/gateway/request-id';
import { router } from '@wirestack/gateway/router';
import { securityHeaders } from '@wirestack/gateway/security-headers';

const routes = router()
  .get('/', (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return ['hello\n'];
  })
  .get('/squares/{n:int}', (_environ, startResponse, { n }) => {
    startResponse('200 OK', [['Content-Type', 'application/json']]); // n is a number, by its pattern
    return [JSON.stringify({ n, square: n * n })];
  });

const around = [requestId(), securityHeaders(), compression(), health(), errorPages()];
const app = around.reduceRight<Application>((inner, middleware) => middleware(inner), routes);

const server = await makeServer('127.0.0.1:0', app);
if ('port' in server.address) {
  const url = `http://127.0.0.1:${String(server.address.port)}`;
  const response = await fetch(`${url}/squares/12`);
  console.log(response.status, await response.text()); // 200 {"n":12,"square":144}
  console.log(response.headers.get('x-content-type-options')); // nosniff
  console.log((await fetch(`${url}/squares/x`)).status); // 404
  console.log((await fetch(`${url}/`, { method: 'DELETE' })).headers.get('allow')); // GET, HEAD, OPTIONS
  console.log((await fetch(`${url}/readyz`)).status); // 200
}
await server.drain();
