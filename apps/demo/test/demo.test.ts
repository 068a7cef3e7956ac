import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, connectDatagram } from '@wirestack/socket';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startDemo, type Demo } from '../src/demo.ts';

const anyPort = { host: '127.0.0.1', port: 0, isPortFixed: true };

describe('the demo', () => {
  let demo: Demo;
  const urlOf = (name: string): string => demo.services.find((service) => service.name === name)?.url ?? '';

  beforeAll(async () => {
    demo = await startDemo(anyPort);
  });

  afterAll(async () => {
    await demo.drain();
  });

  test('shows its services on the first page', async () => {
    const response = await fetch(urlOf('http'));
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const name of ['echo', 'items', 'time', 'unix']) expect(page).toContain(urlOf(name));
  });

  test('answers the form with what was posted, escaped', async () => {
    const response = await post('firstname=%3Cb%3EZo%C3%AB%3C%2Fb%3E+X');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('&lt;b&gt;Zoë&lt;/b&gt; X');
  });

  test('refuses a form that is too long, or is none', async () => {
    expect((await post(`firstname=${'x'.repeat(5000)}`)).status).toBe(413);
    expect((await post('{}', 'application/json')).status).toBe(415);
    expect((await fetch(urlOf('http'), { method: 'PUT', body: 'x' })).status).toBe(405);
  });

  test('serves the picture as it is on disk', async () => {
    const response = await fetch(`${urlOf('http')}static/mark.png`);
    const signature = new Uint8Array(await response.arrayBuffer()).subarray(0, 8);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(signature).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  });

  test.each([
    ['hello', 'Hello, web!'],
    ['environ', 'PATH_INFO = \n'],
    ['stream', 'part 10 of 10'],
  ])('serves /%s', async (path, content) => {
    expect(await (await fetch(urlOf('http') + path)).text()).toContain(content);
  });

  test('says that a path is not there, and shows it as text', async () => {
    const response = await fetch(`${urlOf('http')}<i>`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/&lt;i&gt;');
  });

  test('serves the same site behind a path', async () => {
    const page = await new Promise<string>((resolve, reject) => {
      const socketPath = urlOf('proxy').slice('unix:'.length);
      request({ socketPath, path: '/hello' }, (response) => {
        text(response).then(resolve, reject);
      })
        .on('error', reject)
        .end();
    });
    expect(page).toContain('Hello, web!');
  });

  test.each(['echo', 'unix'])('echoes over %s until the client is done', async (name) => {
    expect(await exchange(urlOf(name), 'over and over')).toBe('over and over');
  });

  test('returns each item as it is complete, after its greeting', async () => {
    expect(await exchange(urlOf('items'), 'one,two,')).toBe('Hello,World,Bye,one,two,');
  });

  test('tells the time', async () => {
    await using socket = await connectDatagram(urlOf('time'));
    await socket.send('');
    expect(String(Buffer.from((await socket.receive({ timeoutMs: 5000 })).data))).toMatch(
      /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
    );
  });

  function post(body: string, type = 'application/x-www-form-urlencoded'): Promise<Response> {
    return fetch(urlOf('http'), { method: 'POST', body, headers: { 'Content-Type': type } });
  }
});

describe('starting and stopping', () => {
  test('takes another port where the one it wants is in use', async () => {
    const [occupant, port] = await occupied();
    onTestFinished(() => {
      occupant.close();
    });
    const demo = await startDemo({ host: '127.0.0.1', port: port - 1, isPortFixed: false });
    onTestFinished(() => demo.drain());
    const echo = demo.services.find(({ name }) => name === 'echo')?.url ?? '';
    expect(echo).not.toContain(`:${String(port)}`);
    expect(await exchange(echo, 'here')).toBe('here');
  });

  test('fails where it must have the port, and leaves nothing open', async () => {
    const [occupant, port] = await occupied();
    onTestFinished(() => {
      occupant.close();
    });
    await expect(startDemo({ host: '127.0.0.1', port, isPortFixed: true })).rejects.toMatchObject({
      code: 'IN_USE',
    });
  });

  test('removes its paths, and refuses connections from then on', async () => {
    const demo = await startDemo(anyPort);
    const paths = demo.services.flatMap(({ url }) =>
      url.startsWith('unix:') ? url.slice('unix:'.length) : [],
    );
    expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
    await demo.drain();
    expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
    await expect(fetch(demo.services[0]?.url ?? '')).rejects.toThrow();
  });
});

/** Sends `message`, half-closes, and answers all that comes back. */
async function exchange(address: string, message: string): Promise<string> {
  await using stream = await connect(address);
  await stream.write(message);
  await stream.shutdown('write');
  let answer = '';
  for await (const chunk of stream) answer += Buffer.from(chunk).toString('latin1');
  return answer;
}

async function occupied(): Promise<[ReturnType<typeof createServer>, number]> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return [server, (server.address() as AddressInfo).port];
}
