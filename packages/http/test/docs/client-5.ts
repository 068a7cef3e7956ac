import { Client, retries } from '@wirestack/http/client';
import { ManualClock, MockTransport } from '@wirestack/http/testing';

const clock = new ManualClock();
const mock = new MockTransport({ clock })
  .on('GET', 'http://a.example/x', new Error('a bug'), { times: 1 })
  .on('GET', /\/x$/, { body: ['in ', 'pieces'], trailers: [['Digest', 'x']] }, { delayMs: 500 })
  .on(
    '*',
    (url) => url.endsWith('/y'),
    ({ method, text }) => ({ json: { method, text } }),
  );
const client = new Client({ transport: mock.send, interceptors: [retries({ clock })] });

console.log(await client.request('http://a.example/x').catch(String)); // Error: a bug
const late = client.request('http://a.example/x');
await clock.timers(); // it waits
clock.advance(500);
console.log(await (await late).text()); // in pieces
console.log(await (await client.request('http://a.example/y', { body: 'hi' })).json()); // { method: 'POST', text: 'hi' }
console.log(mock.calls.length, mock.calls[2]?.headers.get('content-length')); // 3 undefined
mock.assertDone(); // throws a list of what was not asked for
console.log(await client.request('http://a.example/z').catch(String)); // HttpUsageError: nothing answers GET http://a.example/z; there is:…
