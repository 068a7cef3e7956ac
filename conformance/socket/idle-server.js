// @ts-check
// An echo server for many idle connections: asked for a `count` or a `report` it answers with what it holds.
import { readdirSync } from 'node:fs';
import { serve } from '@wirestack/socket';

const server = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const chunk of stream) {
    const asked = new TextDecoder().decode(chunk);
    if (asked === 'count') await stream.write(String(server.connections));
    else if (asked === 'report') await stream.write(JSON.stringify(report()));
    else await stream.write(chunk);
  }
});
console.log(JSON.stringify(server.address));

function report() {
  globalThis.gc?.();
  return {
    dropped: server.dropped,
    descriptors: readdirSync('/proc/self/fd').length,
    bytes: process.memoryUsage().rss,
  };
}
