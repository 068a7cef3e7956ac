import { createServer, type Handler } from '@wirestack/http';

const shout: Handler = async (request) => {
  if (request.method !== 'POST') return { status: 200, body: `you asked for ${request.path}\n` };
  return { status: 201, body: (await request.text()).toUpperCase() };
};
const server = await createServer(shout, { maxConnections: 10_000 }).listen('127.0.0.1:0');
if ('port' in server.address) {
  const url = `http://127.0.0.1:${String(server.address.port)}/a?b`;
  console.log(await (await fetch(url)).text()); // you asked for /a
  console.log(await (await fetch(url, { method: 'POST', body: 'hi' })).text()); // HI
}
await server.drain(); // answers what is in work, then ends
