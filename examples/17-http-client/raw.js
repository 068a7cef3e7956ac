// @ts-check
// Seed 004: a request as text over a plain socket, and what comes back as it comes. node raw.js 127.0.0.1:8000 /
import { connect } from '@wirestack/socket';
import { ClientConnection } from '@wirestack/http/protocol';

const [address = '127.0.0.1:8000', target = '/'] = process.argv.slice(2);
const stream = await connect(address, { timeoutMs: 10_000 });

// The protocol knows no socket: requests in, bytes out; bytes in, events out.
const http = new ClientConnection();
const headers = /** @type {const} */ ([
  ['Host', address],
  ['Connection', 'close'],
]);
const request = String(http.sendRequest({ method: 'GET', target, headers }));
for (const line of request.trimEnd().split('\r\n')) console.log(`> ${line}`);
await stream.write(request, { encoding: 'latin1' });

for await (const chunk of stream) {
  http.receive(chunk);
  for (let event = http.nextEvent(); event !== undefined; event = http.nextEvent()) show(event);
}
http.receiveEnd();
for (let event = http.nextEvent(); event !== undefined; event = http.nextEvent()) show(event);
await stream.close();

/** @param {import('@wirestack/http/protocol').ResponseEvent} event */
function show(event) {
  if (event.type === 'head') {
    console.log(`< ${event.status} ${event.reason}`);
    for (const [name, value] of event.headers) console.log(`< ${name}: ${value}`);
    console.log(`(the body ends by: ${event.framing})`);
  } else if (event.type === 'data') {
    process.stdout.write(event.bytes);
  } else console.log(`(${event.type})`);
}
