import { createServer } from '@wirestack/http';
import { Client } from '@wirestack/http/client';

const shout = createServer(async (request) => ({ status: 200, body: (await request.text()).toUpperCase() }));
await shout.listen('127.0.0.1:0');
const { port } = shout.address as { port: number };

const client = new Client({ baseUrl: `http://127.0.0.1:${String(port)}/` });
const response = await client.request('/', { body: 'hello', timeoutMs: 5000 });
console.log(response.status, await response.text()); // 200 HELLO
await client.close();
await shout.drain();
