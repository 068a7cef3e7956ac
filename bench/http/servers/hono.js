// @ts-check
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { announce, body, contentType, isAsync } from './answer.js';

const app = new Hono();
if (isAsync) {
  app.get('*', async (context) => {
    await Promise.resolve();
    return context.body(body, 200, { 'Content-Type': contentType });
  });
} else {
  app.get('*', (context) => context.body(body, 200, { 'Content-Type': contentType }));
}
app.post('*', async (context) => {
  const { name } = await context.req.json();
  return context.body(name, 200, { 'Content-Type': contentType });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => announce(port));
