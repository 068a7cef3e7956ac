import { Agent, request as nodeRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { formatAddress } from '@wirestack/socket';
import { describeRequest } from './peer-application.ts';
import { serving, turn } from './harness.ts';

async function viaNode(
  options: RequestOptions,
  pieces: readonly (string | Uint8Array)[] = [],
): Promise<{ response: IncomingMessage; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = nodeRequest(options, resolve).on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
  let body = '';
  for await (const chunk of response.setEncoding('latin1')) body += chunk as string;
  return { response, body };
}

test('node:http with a keep-alive agent: every kind of body, over one connection', async () => {
  const { server } = await serving(describeRequest);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
  });
  const { address } = server;
  if (address.family === 'unix' || address.family === 'memory') throw new Error('not TCP');
  const base = { host: address.host, port: address.port, agent };

  const plain = await viaNode({ ...base, path: '/x?y' });
  expect(JSON.parse(plain.body)).toEqual({ method: 'GET', target: '/x?y', length: 0 });
  expect(plain.response.headers).toMatchObject({ 'x-twice': 'a, b' });

  const chunked = await viaNode({ ...base, method: 'POST' }, ['one', 'two', Buffer.alloc(100_000)]);
  expect(JSON.parse(chunked.body)).toMatchObject({ method: 'POST', length: 100_006 });

  const sized = await viaNode({ ...base, method: 'PUT', headers: { 'Content-Length': 4 } }, ['body']);
  expect(JSON.parse(sized.body)).toMatchObject({ method: 'PUT', length: 4 });

  const head = await viaNode({ ...base, method: 'HEAD', path: '/large' });
  expect(head).toMatchObject({ body: '', response: { headers: { 'content-length': '3000000' } } });

  expect((await viaNode({ ...base, path: '/large' })).body).toHaveLength(3_000_000);
  expect((await viaNode({ ...base, path: '/empty' })).response.statusCode).toBe(204);

  const inPieces = await viaNode({ ...base, path: '/pieces' });
  expect(inPieces.body).toBe('one two three');
  expect(inPieces.response.trailers).toEqual({ 'x-sum': '42' });
  expect(server.stats).toMatchObject({ connections: 1, requests: 7 });
});

test('node:http waits for 100 Continue and is told', async () => {
  const { server } = await serving(describeRequest);
  const { address } = server;
  if (address.family === 'unix' || address.family === 'memory') throw new Error('not TCP');
  const body = await new Promise<string>((resolve, reject) => {
    const request = nodeRequest({
      host: address.host,
      port: address.port,
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 4 },
      agent: false,
    });
    request.on('error', reject);
    // Nothing is sent before the server asks for it.
    request.once('continue', () => request.end('body'));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text));
    });
    request.flushHeaders();
  });
  expect(JSON.parse(body)).toMatchObject({ method: 'POST', length: 4 });
});

test('fetch: text, JSON, uploads with and without a length, and a download read in pieces', async () => {
  const { server } = await serving(describeRequest);
  const base = `http://${formatAddress(server.address).replace(/^\w+:\/\//, '')}`;
  expect(await (await fetch(`${base}/a?b`)).json()).toEqual({ method: 'GET', target: '/a?b', length: 0 });
  const posted = await fetch(base, { method: 'POST', body: 'x'.repeat(70_000) });
  expect(await posted.json()).toMatchObject({ method: 'POST', length: 70_000 });
  const stream = new Blob(['a'.repeat(100_000), 'b'.repeat(100_000)]).stream();
  const streamed = await fetch(base, { method: 'POST', body: stream, duplex: 'half' });
  expect(await streamed.json()).toMatchObject({ length: 200_000 });
  expect((await (await fetch(`${base}/large`)).arrayBuffer()).byteLength).toBe(3_000_000);
  expect(await (await fetch(`${base}/pieces`)).text()).toBe('one two three');
  expect((await fetch(`${base}/empty`)).status).toBe(204);
  expect((await fetch(`${base}/large`, { method: 'HEAD' })).headers.get('content-length')).toBe('3000000');
  expect(server.stats.requests).toBe(7);
});

test('fetch that is aborted aborts the signal of the request', async () => {
  let signal: AbortSignal | undefined;
  const { server } = await serving((request) => {
    signal = request.signal;
    return { status: 200, body: endless() };
  });
  function* endless(): Generator<Uint8Array> {
    for (;;) yield Buffer.alloc(65_536);
  }
  const controller = new AbortController();
  const base = `http://${formatAddress(server.address).replace(/^\w+:\/\//, '')}`;
  const response = await fetch(base, { signal: controller.signal });
  await response.body!.getReader().read();
  controller.abort();
  while (signal?.aborted !== true) await turn();
  expect(signal.aborted).toBe(true);
});
