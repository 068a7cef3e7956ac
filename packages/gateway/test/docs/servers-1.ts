import { makeServer, textResponse, withLifespan, type Application } from '@wirestack/gateway';
import { connect } from '@wirestack/socket';

const names = new Map<string, string>();
const pages: Application = (environ, startResponse) => {
  const upgrade = environ['wirestack.upgrade'];
  if (upgrade === undefined)
    return textResponse(startResponse, '426 Upgrade Required', [['Upgrade', 'greet']]);
  startResponse('101 Switching Protocols', [['Upgrade', 'greet']]);
  return upgrade(async (stream) => {
    await stream.write(`hello ${names.get('world') ?? ''}\n`);
  });
};
// Before the first request, and after the last: a pool of connections, say.
const app = withLifespan(pages, {
  start: () => void names.set('world', 'World'),
  stop: () => {
    names.clear();
  },
});

const server = await makeServer('127.0.0.1:0', app);
const stream = await connect(server.address);
await stream.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: greet\r\n\r\n');
const text: string[] = [];
for await (const chunk of stream) text.push(Buffer.from(chunk).toString());
console.log(text.join('')); // HTTP/1.1 101 Switching Protocols…hello World…
await stream.close();
await server.drain();
console.log(names.size); // 0
