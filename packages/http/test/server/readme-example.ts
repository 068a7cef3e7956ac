import { createServer } from '@wirestack/http';

const server = createServer(async (request) => {
  if (request.method === 'GET') return { status: 200, body: `Hello ${request.path}\n` };
  const length = (await request.text(1000)).length; // more is answered 413
  return { status: 200, headers: [['Content-Type', 'application/json']], body: JSON.stringify({ length }) };
});
await server.listen('127.0.0.1:8000');
process.once('SIGTERM', () => void server.drain()); // answers what is in work, then ends
