// @ts-check
/* global Deno */
/** Deno's own server. Run by Deno. */
import { body, contentType, isAsync } from './answer.js';

const headers = { 'Content-Type': contentType };
// @ts-expect-error: no types of Deno's here.
Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: (/** @type {{ port: number }} */ { port }) => console.log(`listening ${String(port)}`),
  },
  (/** @type {Request} */ request) => {
    if (request.method === 'POST') return answerPosted(request);
    return isAsync
      ? Promise.resolve().then(() => new Response(body, { headers }))
      : new Response(body, { headers });
  },
);

/** @param {Request} request */
async function answerPosted(request) {
  const { name } = /** @type {{ name: string }} */ (await request.json());
  return new Response(name, { headers });
}
