import { bearerAuth, Client, observe, retries, statusErrors } from '@wirestack/http/client';
import { MockTransport } from '@wirestack/http/testing';

const mock = new MockTransport()
  .on('GET', 'https://api.example/users/7', { status: 503, headers: { 'Retry-After': '0' } }, { times: 1 })
  .on('GET', 'https://api.example/users/7', { json: { name: 'Ada' } });

const client = new Client({
  baseUrl: 'https://api.example/',
  interceptors: [
    statusErrors(),
    retries({ baseDelayMs: 10, onRetry: ({ attempt, status }) => console.log('attempt', attempt, status) }), // attempt 1 503
    bearerAuth('a-token'),
    observe({ onResponse: ({ status, url }) => console.log(status, url) }), // 503 …, 200 …
  ],
  transport: mock.send, // leave this out to reach a server
});
console.log(await (await client.request('/users/7')).json()); // { name: 'Ada' }
