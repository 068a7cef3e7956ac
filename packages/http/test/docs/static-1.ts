import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '@wirestack/http';
import { staticFiles } from '@wirestack/http/static';

const root = await mkdtemp(join(tmpdir(), 'site-'));
await writeFile(join(root, 'hello.txt'), 'Hello, world!\n');
const files = staticFiles(root, { listing: true, immutable: /-[\w-]{8}\.\w+$/ });
const server = await createServer((request) => {
  if (request.path === '/time') return { status: 200, body: new Date().toISOString() };
  return files(request);
}).listen('127.0.0.1:0');
if ('port' in server.address) {
  const url = `http://127.0.0.1:${String(server.address.port)}`;
  const part = await fetch(`${url}/hello.txt`, { headers: { Range: 'bytes=7-11' } });
  console.log(part.status, await part.text()); // 206 world
  const listing = await fetch(url, { headers: { Accept: 'application/json' } });
  console.log(await listing.text()); // {"path":"/","complete":true,"entries":[…
}
await server.close();
