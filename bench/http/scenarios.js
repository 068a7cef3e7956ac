/** What is asked of the servers: a request, and how many of it a client sends before it waits. */

const browserFields = {
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'en-US,en;q=0.5',
  'Accept-Encoding': 'gzip, deflate, br',
  'Upgrade-Insecure-Requests': '1',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'none',
  Cookie: 'session=0123456789abcdef0123456789abcdef',
};

const all = ['node-http', 'fastify', 'hono', 'raw-net', 'wirestack-http', 'wirestack-gateway'];

export const scenarios = {
  hello: { title: 'GET, one header, 14 bytes', fields: {}, env: {}, servers: all },
  headers: { title: 'GET with ten browser headers', fields: browserFields, env: {}, servers: all },
  async: {
    title: 'GET, the handler awaits once',
    fields: {},
    env: { ASYNC: '1' },
    servers: all.filter((name) => name !== 'raw-net'),
  },
  post: {
    title: 'POST of 1 KB of JSON',
    method: 'POST',
    fields: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'wirestack', text: 'x'.repeat(1000) }),
    env: {},
    servers: all.filter((name) => name !== 'raw-net'),
  },
};
