// @ts-check
import { createServer } from '@wirestack/http';
import { announce, body, contentType, isAsync, portOf } from './answer.js';

const server = createServer((request) => {
  if (request.method === 'POST') return post(request);
  if (isAsync) return Promise.resolve().then(() => respond(body));
  return respond(body);
});
await server.listen('127.0.0.1:0');
announce(portOf(server.address));

/**
 * @param {string} text
 * @returns {import('@wirestack/http').HttpResponse}
 */
function respond(text) {
  return { status: 200, headers: [['Content-Type', contentType]], body: text };
}

/** @param {import('@wirestack/http').HttpRequest} request */
async function post(request) {
  const { name } = /** @type {{ name: string }} */ (await request.json());
  return respond(name);
}
