// @ts-check
import { makeServer } from '@wirestack/gateway';
import { announce, body, contentType, isAsync, portOf } from './answer.js';

const server = await makeServer('127.0.0.1:0', (environ, startResponse) => {
  if (environ.REQUEST_METHOD === 'POST') return post(environ, startResponse);
  if (isAsync) return later(startResponse);
  startResponse('200 OK', [['Content-Type', contentType]]);
  return [body];
});
announce(portOf(server.address));

/**
 * @param {import('@wirestack/gateway').Environ} environ
 * @param {import('@wirestack/gateway').StartResponse} startResponse
 */
async function post(environ, startResponse) {
  const { name } = JSON.parse(Buffer.from(await environ['wsgi.input'].read()).toString());
  startResponse('200 OK', [['Content-Type', contentType]]);
  return [name];
}

/** @param {import('@wirestack/gateway').StartResponse} startResponse */
async function later(startResponse) {
  await Promise.resolve();
  startResponse('200 OK', [['Content-Type', contentType]]);
  return [body];
}
