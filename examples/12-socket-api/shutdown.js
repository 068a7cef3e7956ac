// @ts-check
// Seed 003: the two directions of a connection end by themselves: SHUT_WR, SHUT_RD, SHUT_RDWR.
import { connect, listen, readAll } from '@wirestack/socket';

const decoder = new TextDecoder();
const listener = await listen('127.0.0.1:0');
const client = await connect(listener.address);
const server = await listener.accept();

await client.write('request');
await client.shutdown('write');
console.log('all of the request:', decoder.decode(await readAll(server, 1024)));
await server.write('answer');
console.log('the answer still comes:', decoder.decode(await client.read()));

await server.shutdown('read');
console.log('after SHUT_RD:', decoder.decode(await server.read()));
await server.write('more');
console.log('the other direction goes on:', decoder.decode(await client.read()));

await server.shutdown('both');
console.log('after SHUT_RDWR:', decoder.decode(await client.read()));
await client.close();
await listener.close();
