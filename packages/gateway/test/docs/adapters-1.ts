import { makeServer, mount, textResponse } from '@wirestack/gateway';
import { fromFetch, toFetch } from '@wirestack/gateway/fetch';

const app = mount({
  '/api': fromFetch((request) => Response.json({ asked: new URL(request.url).pathname })), // or Hono's app.fetch
  '/': (_environ, startResponse) => textResponse(startResponse, '200 OK'),
});

const server = await makeServer('127.0.0.1:0', app);
if ('port' in server.address) {
  const response = await fetch(`http://127.0.0.1:${String(server.address.port)}/api/users`);
  console.log(await response.text()); // {"asked":"/api/users"}
}
await server.drain();

const handler = toFetch(app); // Deno.serve(handler), Bun.serve({ fetch: handler }), export default { fetch: handler }
console.log((await handler(new Request('http://example.com/'))).status); // 200
