import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions } from '@wirestack/http/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Nginx } from '../support/nginx.ts';
import { isInstalled, Program } from '../support/program.ts';
import { authority, certificatePath, forwardProxy, freePort, NodeOrigin } from './client-origins.ts';
import { Haproxy } from './haproxy.ts';
import { downloadHash, Upstream } from './upstream.ts';

const pythonServer = fileURLToPath(new URL('client-server.py', import.meta.url));
const megabyte = 1_000_000;

function client(options: ClientOptions = {}): Client {
  const made = new Client(options);
  onTestFinished(() => {
    made.abort();
  });
  return made;
}

async function hashOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk);
  return hash.digest('hex');
}

/** A body of so many bytes, in pieces of odd lengths, and its hash. */
function upload(bytes: number): { body: () => Generator<Uint8Array>; hash: string } {
  const all = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) all.writeUInt32BE(at, at);
  return {
    *body() {
      for (let at = 0; at < bytes; at += 60_001) yield all.subarray(at, at + 60_001);
    },
    hash: createHash('sha256').update(all).digest('hex'),
  };
}

describe.skipIf(!isInstalled('nginx'))('nginx', () => {
  let nginx: Nginx;
  let upstream: Upstream;
  let folder: string;
  let port: number;
  let securePort: number;
  let hastyPort: number;
  const file = Buffer.alloc(3 * megabyte);
  for (let at = 0; at < file.length; at += 4) file.writeUInt32BE(at, at);
  const page = '<p>Some text that is worth its compression.</p>\n'.repeat(500);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wirestack-client-'));
    await writeFile(join(folder, 'large.bin'), file);
    await writeFile(join(folder, 'page.html'), page);
    upstream = await Upstream.start();
    [port, securePort, hastyPort] = [await freePort(), await freePort(), await freePort()];
    const locations = `
      root ${folder};
      gzip on;
      gzip_min_length 100;
      proxy_max_temp_file_size 0;
      location = /who { default_type text/plain; return 200 "$connection $connection_requests"; }
      location = /small/ { client_max_body_size 1k; proxy_pass http://${upstream.address}/upload; }
      location = /close { keepalive_timeout 0; return 200 "closing"; }
      location = /moved { return 301 /who; }
      location /up/ {
        client_max_body_size 0;
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://${upstream.address}/;
      }`;
    nginx = await Nginx.start(
      `server { listen 127.0.0.1:${String(port)}; keepalive_requests 100; ${locations} }
       server { listen 127.0.0.1:${String(hastyPort)}; keepalive_timeout 2ms; ${locations} }
       server {
         listen 127.0.0.1:${String(securePort)} ssl;
         ssl_certificate ${certificatePath('server.crt')};
         ssl_certificate_key ${certificatePath('server.key')};
         ${locations}
       }`,
      locations,
    );
  });

  afterAll(async () => {
    const complaints = nginx.complaints.filter((line) => !line.includes('client intended to send too large'));
    await nginx.stop();
    await upstream[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    expect(upstream.errors).toEqual([]);
    expect(complaints).toEqual([]);
  });

  const url = (path: string): string => `http://127.0.0.1:${String(port)}${path}`;

  test('a file arrives byte for byte, a part of it, too, and nothing of it where nothing has changed', async () => {
    const { request } = bound(client());
    const whole = await request(url('/large.bin'));
    expect(await hashOf(whole.body)).toBe(createHash('sha256').update(file).digest('hex'));
    const part = await request(url('/large.bin'), { headers: { Range: 'bytes=1000-1999' } });
    expect(part.status).toBe(206);
    expect(Buffer.compare(await part.bytes(), file.subarray(1000, 2000))).toBe(0);
    const etag = whole.headers.get('etag');
    const unchanged = await request(url('/large.bin'), { headers: { 'If-None-Match': etag } });
    expect([unchanged.status, await unchanged.text()]).toEqual([304, '']);
    const head = await request(url('/large.bin'), { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual([String(file.length), '']);
  });

  test('a compressed page is the page', async () => {
    const response = await client().request(url('/page.html'));
    expect(await response.text()).toBe(page);
    const raw = await client().request(url('/page.html'), {
      headers: { 'Accept-Encoding': 'gzip' },
      decompress: false,
    });
    expect(raw.headers.get('content-encoding')).toBe('gzip');
    expect((await raw.bytes()).length).toBeLessThan(page.length / 10);
  });

  test('a redirect is followed', async () => {
    const response = await client().request(url('/moved'));
    expect([response.url, response.status]).toEqual([url('/who'), 200]);
    expect(response.redirectedFrom).toEqual([url('/moved')]);
  });

  test('a hundred requests a connection: none of a thousand is lost, one by one and eight at a time', async () => {
    const asking = client({ maxConnectionsPerOrigin: 8 });
    const seen = new Map<string, number>();
    const ask = async (): Promise<void> => {
      const [connection = '', requests] = (await (await asking.request(url('/who'))).text()).split(' ');
      seen.set(connection, Math.max(seen.get(connection) ?? 0, Number(requests)));
    };
    for (let i = 0; i < 300; i++) await ask();
    expect([...seen.values()]).toEqual([100, 100, 100]);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 100; i++) await ask();
      }),
    );
    expect([...seen.values()].reduce((sum, count) => sum + count)).toBe(1100);
    expect(Math.max(...seen.values())).toBe(100);
  });

  test('connections that are closed after 2 ms of silence: no GET is lost', async () => {
    const asking = client({ maxConnectionsPerOrigin: 4, idleTimeoutMs: 1000 });
    const texts = new Set<string>();
    await Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        for (let j = 0; j < 150; j++) {
          const response = await asking.request(`http://127.0.0.1:${String(hastyPort)}/who`);
          texts.add(await response.text());
          await new Promise((resolve) => setTimeout(resolve, (i + j) % 4));
        }
      }),
    );
    expect(texts.size).toBe(600);
  });

  test('Connection: close is heeded', async () => {
    const asking = client();
    for (let i = 0; i < 3; i++) {
      expect(await (await asking.request(url('/close'))).text()).toBe('closing');
      expect(asking.stats.connections).toBe(0);
    }
  });

  test.each([
    ['with a length', { 'Content-Length': String(50 * megabyte) }],
    ['in chunks', {}],
  ])('an upload that is too large is answered with 413 before its end: %s', async (_, headers) => {
    let sentBytes = 0;
    const response = await client().request(url('/small/'), {
      method: 'PUT',
      headers,
      body: upload(50 * megabyte).body,
      onUpload: (bytes) => (sentBytes = bytes),
    });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain('413');
    expect(sentBytes).toBeLessThan(50 * megabyte);
  });

  test('an upload that is too large is not begun where 100 Continue is waited for', async () => {
    let sentBytes = 0;
    const response = await client().request(url('/small/'), {
      method: 'PUT',
      headers: { 'Content-Length': String(50 * megabyte) },
      body: upload(50 * megabyte).body,
      expectContinue: true,
      onUpload: (bytes) => (sentBytes = bytes),
    });
    expect([response.status, sentBytes]).toEqual([413, 0]);
  });

  test.each([false, true])(
    '20 MB go up through it byte for byte; expectContinue: %s',
    async (expectContinue) => {
      const { body, hash } = upload(20 * megabyte);
      const response = await client().request(url('/up/upload'), { method: 'POST', body, expectContinue });
      expect(await response.json()).toMatchObject({ bytes: 20 * megabyte, hash });
    },
  );

  test('20 MB come down through it in chunks, and trailers do not harm', async () => {
    const asking = client();
    const response = await asking.request(url(`/up/download?${String(20 * megabyte)}`));
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    expect(await hashOf(response.body)).toBe(downloadHash(20 * megabyte));
    expect(await (await asking.request(url('/up/trailers'))).text()).toBe('with trailers\n');
  });

  test('a download that is left ends', async () => {
    const before = upstream.left;
    for await (const chunk of (await client().request(url('/up/endless'))).body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await upstream.until(() => upstream.left > before);
  });

  test('over a Unix socket', async () => {
    const asking = client({ connectTo: `unix:${nginx.socketPath}` });
    for (let i = 0; i < 3; i++) expect((await asking.request('http://any.test/page.html')).status).toBe(200);
    expect(asking.stats.connections).toBe(1);
  });

  test('over TLS, where its authority is trusted, and only there', async () => {
    const asking = client({ tls: { ca: authority } });
    const secure = `https://127.0.0.1:${String(securePort)}`;
    const first = await asking.request(`${secure}/large.bin`);
    expect(await hashOf(first.body)).toBe(createHash('sha256').update(file).digest('hex'));
    expect(await (await asking.request(`${secure}/who`)).text()).toMatch(/ 2$/);
    await expect(client().request(secure)).rejects.toMatchObject({ code: 'TLS' });
  });

  test('pipelined: a thousand requests over two connections', async () => {
    const asking = client({ maxConnectionsPerOrigin: 2, maxPipelined: 8 });
    const texts = await Promise.all(
      Array.from({ length: 1000 }, async () => (await asking.request(url('/who'))).text()),
    );
    expect(new Set(texts).size).toBe(1000);
  });
});

describe.skipIf(!isInstalled('haproxy'))('haproxy', () => {
  test('passes on requests, uploads and downloads, and closes connections as it likes', async () => {
    await using upstream = await Upstream.start();
    const port = await freePort();
    const isRunning = upstream.until(() => upstream.seen.some(({ target }) => target === '/check'));
    const proxy = await Haproxy.start(
      `
frontend in
  bind 127.0.0.1:${String(port)}
  timeout http-keep-alive 3ms
  default_backend out
backend out
  option httpchk
  http-check send meth GET uri /check ver HTTP/1.1 hdr Host check
  server upstream ${upstream.address} check inter 1s
`,
      isRunning,
    );
    onTestFinished(() => proxy.stop());
    const asking = client({ idleTimeoutMs: 1000 });
    const url = (path: string): string => `http://127.0.0.1:${String(port)}${path}`;
    for (let i = 0; i < 200; i++) {
      expect(await (await asking.request(url(`/${String(i)}`))).text()).toBe(`GET /${String(i)}\n`);
      await new Promise((resolve) => setTimeout(resolve, i % 5));
    }
    const { body, hash } = upload(5 * megabyte);
    const uploaded = await asking.request(url('/upload'), { method: 'PUT', body, expectContinue: true });
    expect(await uploaded.json()).toMatchObject({ hash });
    const down = await asking.request(url(`/download?${String(5 * megabyte)}`));
    expect(await hashOf(down.body)).toBe(downloadHash(5 * megabyte));
    const hints: number[] = [];
    await (await asking.request(url('/hints'), { onInformational: (status) => hints.push(status) })).text();
    expect(hints).toEqual([103]);
    expect(proxy.complaints).toEqual([]);
  });
});

describe.skipIf(!isInstalled('python3'))("Python's http.server", () => {
  test.each(['HTTP/1.0', 'HTTP/1.1'])('with %s', async (version) => {
    const program = new Program('python3', ['-I', pythonServer, version], { timeoutMs: 60_000 });
    onTestFinished(() => program.stop().then(() => undefined));
    const [, port = ''] = await program.says(/listening (\d+)/);
    const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
    const asking = client();
    const ports = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const [path, from = ''] = (await (await asking.request(url(`/${String(i)}`))).text()).split(' ');
      expect(path).toBe(`/${String(i)}`);
      ports.add(from);
    }
    expect(ports.size).toBe(version === 'HTTP/1.0' ? 5 : 1);
    expect(await (await asking.request(url('/until-close'))).text()).toBe('until the end');
    if (version === 'HTTP/1.1') expect(await (await asking.request(url('/chunks'))).text()).toBe('in chunks');
    const head = await asking.request(url('/'), { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text(), head.version]).toEqual([
      '1000',
      '',
      version.slice(5),
    ]);
    const { body, hash } = upload(megabyte);
    const headers = { 'Content-Length': String(megabyte) };
    expect(await (await asking.request(url('/'), { method: 'POST', body, headers })).text()).toBe(hash);
  });
});

describe('node:http', () => {
  test.each(['ends', 'resets'] as const)(
    'a server that %s a connection when its second request comes: no GET is lost',
    async (how) => {
      const asked = new WeakSet<Socket>();
      await using origin = await NodeOrigin.start(({ socket, url }, response) => {
        if (!asked.has(socket)) response.end(url);
        else if (how === 'ends') socket.destroy();
        else socket.resetAndDestroy();
        asked.add(socket);
      });
      const asking = client();
      const workers = 20;
      const requests = 10;
      await Promise.all(
        Array.from({ length: workers }, async (_, i) => {
          for (let j = 0; j < requests; j++) {
            const path = `/${String(i)}/${String(j)}`;
            expect(await (await asking.request(origin.url + path)).text()).toBe(path);
          }
        }),
      );
      expect(origin.connections).toBe(workers * requests);
    },
  );

  test('a server that says how short its patience is: no POST is lost', async () => {
    await using origin = await NodeOrigin.start((request, response) => {
      request.pipe(response);
    }, 1000);
    const asking = client();
    for (let i = 0; i < 30; i++) {
      const response = await asking.request(origin.url, { method: 'POST', body: String(i) });
      expect(response.headers.get('keep-alive')).toBe('timeout=1');
      expect(await response.text()).toBe(String(i));
      if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 990 + i));
    }
  });

  test('trailers, interim answers, 100 Continue and a change of protocol', async () => {
    await using origin = await NodeOrigin.start((request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeHead(200, { Trailer: 'X-Sum' });
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => {
        response.write('taken');
        response.addTrailers({ 'X-Sum': String(length) });
        response.end();
      });
    });
    origin.server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const asking = client();
    const hints: number[] = [];
    const response = await asking.request(origin.url, {
      method: 'PUT',
      body: ['a'.repeat(1000), 'b'],
      expectContinue: true,
      onInformational: (status) => hints.push(status),
    });
    expect(await response.text()).toBe('taken');
    expect(response.trailers?.get('x-sum')).toBe('1001');
    expect(hints).toEqual([100, 103]);
    const { upgraded } = await asking.upgrade(origin.url, 'echo');
    await upgraded.write('hello');
    expect(Buffer.from((await upgraded.read()) ?? []).toString()).toBe('hello');
    await upgraded.close();
  });
});

describe('a forward proxy', () => {
  test('is asked with whole URLs, and for tunnels, with its password', async () => {
    await using proxy = await forwardProxy('user:secret');
    await using origin = await NodeOrigin.start((request, response) => {
      response.end(`${String(request.url)} ${String(request.headers['proxy-authorization'])}`);
    });
    const asking = client({ proxy: proxy.url.replace('//', '//user:secret@') });
    for (let i = 0; i < 3; i++) {
      expect(await (await asking.request(`${origin.url}/plain`)).text()).toBe('/plain undefined');
    }
    expect(proxy.asked).toEqual(Array.from({ length: 3 }, () => `GET ${origin.url}/plain`));
    expect(proxy.connections).toBe(1);
    const unknown = client({ proxy: proxy.url });
    expect((await unknown.request(origin.url)).status).toBe(407);
    await expect(unknown.request('https://origin.test/')).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
      status: 407,
    });
  });

  test.skipIf(!isInstalled('openssl'))(
    'leads to openssl s_server, whose answers end with the connection',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wirestack-client-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const content = Buffer.alloc(megabyte, 'openssl ');
      await writeFile(join(folder, 'file.txt'), content);
      const port = await freePort();
      const files = ['-cert', certificatePath('server.crt'), '-key', certificatePath('server.key')];
      const args = ['s_server', '-accept', `127.0.0.1:${String(port)}`, '-HTTP', ...files];
      const program = new Program('sh', ['-c', 'cd "$0" && exec openssl "$@"', folder, ...args], {
        timeoutMs: 60_000,
      });
      onTestFinished(() => program.stop().then(() => undefined));
      await program.says(/ACCEPT/);
      await using proxy = await forwardProxy('user:secret');
      const served = content.subarray(0);
      await writeFile(
        join(folder, 'whole.http'),
        Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), served]),
      );
      for (const options of [{}, { proxy: proxy.url.replace('//', '//user:secret@') }]) {
        const response = await client({ ...options, tls: { ca: authority } }).request(
          `https://127.0.0.1:${String(port)}/whole.http`,
        );
        expect([response.status, response.version]).toEqual([200, '1.0']);
        expect(Buffer.compare(await response.bytes(), content)).toBe(0);
      }
      expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${String(port)}`]);
    },
  );
});

/** Methods that may be taken off their object. */
function bound(asking: Client): Pick<Client, 'request'> {
  return { request: (url, options) => asking.request(url, options) };
}
