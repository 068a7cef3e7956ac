import { createServer } from '@wirestack/http';

const server = createServer(async (request) => {
  if (request.method === 'GET') return { status: 200, body: `hello ${request.path}\n` };
  return { status: 200, body: `${await request.text(1000)}, in capitals`.toUpperCase() }; // above 1000 bytes: 413
});
await server.listen('127.0.0.1:0');
if ('port' in server.address) {
  const response = await fetch(`http://127.0.0.1:${String(server.address.port)}/you`);
  console.log(await response.text()); // hello /you
}
await server.drain(); // answers what is in work, then ends
