import { framed, resp, respCommand, RespError, type RespValue } from '@wirestack/framing';
import { connect, serve } from '@wirestack/socket';

const store = new Map<string, RespValue>();
await using server = await serve('tcp://127.0.0.1:0', async (stream) => {
  const requests = framed(stream, resp());
  for await (const request of requests) await requests.send(answer(request as Uint8Array[]));
});

const redis = framed(await connect(server.address), resp()); // a real one is at tcp://127.0.0.1:6379
const [set, get, fly] = await Promise.all([
  redis.request(respCommand('SET', 'greeting', 'hello')), // pipelined: all three leave in one write
  redis.request(respCommand('GET', 'greeting')),
  redis.request(respCommand('FLY')),
]);
console.log(set, text(get), fly instanceof RespError ? fly.code : fly); // OK hello ERR
await redis.close();

function answer([command = new Uint8Array(), key = command, value = null]: RespValue[]): RespValue {
  const name = text(command);
  if (name === 'GET') return store.get(text(key)) ?? null;
  if (name !== 'SET') return new RespError(`ERR unknown command '${name}'`);
  store.set(text(key), value);
  return 'OK';
}

function text(value: RespValue): string {
  return new TextDecoder().decode(value as Uint8Array);
}
