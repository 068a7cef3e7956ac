// @ts-check
/* global Bun */
/** Bun's own server. Run by Bun. */
import { body, contentType, isAsync } from './answer.js';

const headers = { 'Content-Type': contentType };
// @ts-expect-error: no types of Bun's here.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  /** @param {Request} request */
  fetch(request) {
    if (request.method === 'POST') return answerPosted(request);
    return isAsync
      ? Promise.resolve().then(() => new Response(body, { headers }))
      : new Response(body, { headers });
  },
});
console.log(`listening ${String(server.port)}`);

/** @param {Request} request */
async function answerPosted(request) {
  const { name } = /** @type {{ name: string }} */ (await request.json());
  return new Response(name, { headers });
}
