import { makeServer } from '@wirestack/gateway';
import { announce, body, contentType } from './answer.js';

const headers = [['Content-Type', contentType]];

const server = await makeServer('127.0.0.1:0', (environ, startResponse) => {
  if (environ.REQUEST_METHOD === 'POST') return post(environ, startResponse);
  if (process.env.ASYNC === '1') return later(startResponse);
  startResponse('200 OK', headers);
  return [body];
});
announce(server.address.port);

async function post(environ, startResponse) {
  const { name } = JSON.parse(Buffer.from(await environ['wsgi.input'].read()).toString());
  startResponse('200 OK', headers);
  return [name];
}

async function later(startResponse) {
  await Promise.resolve();
  startResponse('200 OK', headers);
  return [body];
}
