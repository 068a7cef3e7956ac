import { Client } from '@wirestack/http/client';
import { CookieJar, cookies } from '@wirestack/http/cookies';
import { MockTransport } from '@wirestack/http/testing';

const mock = new MockTransport()
  .on('POST', 'https://shop.example/login', {
    status: 303,
    headers: { Location: '/', 'Set-Cookie': 'session=1; Secure; HttpOnly; Max-Age=3600' },
  })
  .on('GET', 'https://shop.example/', ({ headers }) => `you sent ${headers.get('cookie') ?? 'nothing'}`);

const jar = new CookieJar();
const client = new Client({
  networkInterceptors: [cookies(jar)], // inside of redirects: one may set a cookie for the next request
  transport: mock.send,
});
const response = await client.request('https://shop.example/login', { json: { user: 'ada' } });
console.log(await response.text()); // you sent session=1

const kept = JSON.stringify(jar);
console.log(CookieJar.fromJSON(JSON.parse(kept)).header('https://shop.example/')); // session=1
console.log(jar.set('a=b; Domain=co.uk', 'https://shop.co.uk/')); // undefined
