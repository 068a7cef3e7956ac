import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../../../src/client/client.ts';
import { digestAuth } from '../../../src/client/interceptors/index.ts';
import type { HeaderList } from '../../../src/headers.ts';
import { MockTransport } from '../../../src/testing/index.ts';
import { DigestServer, type DigestServerOptions } from './digest-server.ts';

/** The DigestServer of these tests on a port of node's. */
async function listening(options: DigestServerOptions) {
  const mock = new MockTransport().on('*', /./, new DigestServer(options).reply);
  const server = createServer((request, response) => {
    void mock.send(requestFrom(request)).then(async (answer) => {
      response.writeHead(answer.status, answer.headers.flat().slice());
      response.end(await answer.bytes());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing = () => server.close();
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function requestFrom(request: IncomingMessage) {
  const { rawHeaders } = request;
  const headers: HeaderList = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1]!] as const] : [],
  );
  return {
    url: `http://127.0.0.1${request.url ?? '/'}`,
    method: request.method ?? 'GET',
    headers,
    body: request as AsyncIterable<Uint8Array>,
    options: {},
  };
}

let closing: () => void = () => {};
afterEach(() => closing());

describe.each<[string, DigestServerOptions]>([
  ['MD5', {}],
  ['MD5-sess', { algorithm: 'MD5-sess' }],
  ['SHA-256', { algorithm: 'SHA-256' }],
  ['SHA-256-sess', { algorithm: 'SHA-256-sess' }],
  ['hashed names', { algorithm: 'SHA-256', userhash: true }],
  ['RFC 2069', { isOld: true }],
])('a server that asks for %s', (_, options) => {
  it('admits curl, so it is right', async () => {
    const url = await listening({ ...options, realm: 'vault' });
    const curl = [
      '--silent',
      '--digest',
      '--user',
      'Mufasa:Circle of Life',
      '--data',
      'data',
      `${url}/x?y=1`,
    ];
    expect((await promisify(execFile)('curl', curl)).stdout).toBe('welcome: data');
  });

  it('admits this client', async () => {
    const url = await listening(options);
    await using client = new Client({ interceptors: [digestAuth('Mufasa', 'Circle of Life')] });
    const response = await client.request(`${url}/x?y=1`, { method: 'POST', body: 'data' });
    expect(await response.text()).toBe('welcome: data');
  });
});
