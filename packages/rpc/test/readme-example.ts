import { connectRpc, jsonRpc, peerOf, serveRpc, service } from '@wirestack/rpc';

const api = service({
  add: (a: number, b: number) => a + b,
  text: { upper: (text: string) => Promise.resolve(text.toUpperCase()) },
});
const server = await serveRpc('tcp://127.0.0.1:0', api, { codec: jsonRpc() });

const client = await connectRpc<typeof api>(server.address, { codec: jsonRpc() });
console.log(await client.add(1, 2)); // 3
console.log(await client.text.upper.with({ timeoutMs: 500 })('hello')); // HELLO
await peerOf(client).close();
await server.drain();
