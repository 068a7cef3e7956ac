import { Client, createFetch } from '@wirestack/http/client';
import { MockTransport } from '@wirestack/http/testing';

const mock = new MockTransport().on('PUT', 'http://files.example/a', ({ text }) => ({
  status: 201,
  body: text.toUpperCase(),
}));
const fetch = createFetch(new Client({ transport: mock.send }));
const response = await fetch('http://files.example/a', { method: 'PUT', body: 'stored' });
console.log(response.status, await response.text()); // 201 STORED
