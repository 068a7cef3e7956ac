// @ts-check
// Seed 003: an XML-RPC client. It talks to server.js as well as to Python's SimpleXMLRPCServer.
import { multicall, valuesOf, xmlRpcClient } from '@wirestack/rpc/xml-rpc';

/** @type {import('@wirestack/rpc').Client<{ pow(x: number, y: number): number, add(x: number, y: number): number, getData(): string, currentTime: { getCurrentTime(): Date } }>} */
const server = xmlRpcClient(`http://${process.argv[2] ?? '127.0.0.1:8000'}`);

console.log(await server.currentTime.getCurrentTime());
const answers = await multicall(server, (multi) => [multi.getData(), multi.pow(2, 9), multi.add(1, 2)]);
for (const answer of valuesOf(answers)) console.log(answer);
