import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { announce, body, contentType } from './answer.js';

const app = new Hono();
const headers = { 'Content-Type': contentType };
if (process.env.ASYNC === '1') {
  app.get('*', async (context) => {
    await Promise.resolve();
    return context.body(body, 200, headers);
  });
} else {
  app.get('*', (context) => context.body(body, 200, headers));
}
app.post('*', async (context) => context.body((await context.req.json()).name, 200, headers));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => announce(port));
