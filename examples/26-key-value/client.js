// @ts-check
// Seed 000: what the tutorial typed at Python's prompt. It talks to server.js as well as to Python's KeyValueServer.
import { xmlRpcClient } from '@wirestack/rpc/xml-rpc';

/** @type {import('@wirestack/rpc').Client<{ get(name: string): unknown, set(name: string, value: unknown): null, delete(name: string): null, exists(name: string): boolean, keys(): string[] }>} */
const s = xmlRpcClient(`http://${process.argv[2] ?? '127.0.0.1:15000'}`, { allowNone: true });

await s.set('foo', 'bar');
await s.set('spam', [1, 2, 3]);
console.log(await s.keys());
console.log(await s.get('foo'));
console.log(await s.get('spam'));
await s.delete('spam');
console.log(await s.exists('spam'));
