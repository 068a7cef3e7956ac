import { makeServer, mount, type Application } from '@wirestack/gateway';

const hello: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`hello from ${environ.SCRIPT_NAME}, asked for ${environ.PATH_INFO}\n`];
};
const server = await makeServer('127.0.0.1:0', mount({ '/app': hello }));
if ('port' in server.address) {
  const response = await fetch(`http://127.0.0.1:${String(server.address.port)}/app/you`);
  console.log(await response.text()); // hello from /app, asked for /you
}
await server.drain(); // answers what is in work, then ends
