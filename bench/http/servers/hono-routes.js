// @ts-check
/** A Hono application whose `/` is what `ANSWER` says, on the server that `SERVER` names. */
import { makeServer } from '@wirestack/gateway';
import { fromFetch, installLightGlobals } from '@wirestack/gateway/fetch';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { announce, portOf } from './answer.js';

const { ANSWER, SERVER } = process.env;
const app = new Hono();
if (ANSWER === 'json') app.get('/', (context) => context.json({ message: 'hello' }));
else app.get('/', (context) => context.text('hello'));

if (SERVER === 'node-server') {
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => announce(port));
} else {
  if (SERVER === 'wirestack-light') installLightGlobals();
  announce(portOf((await makeServer('127.0.0.1:0', fromFetch(app.fetch))).address));
}
