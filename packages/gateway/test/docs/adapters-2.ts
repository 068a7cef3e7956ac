import { createServer } from 'node:http';
import { makeServer, mount, textResponse } from '@wirestack/gateway';
import { fromNodeListener, toNodeListener } from '@wirestack/gateway/node';

// Express, Koa and Fastify go in as they are; this is what they are made of.
const old = fromNodeListener((request, response) => {
  response.setHeader('Content-Type', 'text/plain');
  response.end(`${String(request.method)} ${String(request.url)}\n`);
});
const app = mount({ '/old': old, '/': (_, startResponse) => textResponse(startResponse, '200 OK') });

const ours = await makeServer('127.0.0.1:0', app);
const theirs = createServer(toNodeListener(app)).listen(0, '127.0.0.1');
await new Promise((resolve) => theirs.once('listening', resolve));
for (const address of [ours.address, theirs.address()]) {
  if (address === null || typeof address === 'string' || !('port' in address)) continue;
  const response = await fetch(`http://127.0.0.1:${String(address.port)}/old/page`);
  console.log(await response.text()); // GET /page…
}
await ours.drain();
theirs.close();
