import { createHash } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { connect, listen } from '@wirestack/socket';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isInstalled, output, Program } from '../support/program.ts';
import { Nginx } from '../support/nginx.ts';
import { Haproxy } from './haproxy.ts';
import { smugglingSet } from './smuggling-set.ts';
import { downloadHash, Upstream } from './upstream.ts';

const megabyte = 1_000_000;
/** What a proxy adds to each request that it means to send, and who forges one does not know. */
const front = 'meant-by-the-proxy';

/** A proxy in front of our server, and what the server gets to know of the client. */
interface Front {
  readonly port: number;
  complaints(): string[];
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  await using listener = await listen('127.0.0.1:0');
  return 'port' in listener.address ? listener.address.port : 0;
}

async function haproxy(upstream: Upstream, toServer: string, more: string): Promise<Front> {
  const port = await freePort();
  const isRunning = upstream.until(() => upstream.seen.some(({ target }) => target === '/check'));
  const proxy = await Haproxy.start(
    `
frontend in
  bind 127.0.0.1:${String(port)}
  ${more}
  http-request set-header X-Front ${front}
  default_backend out
backend out
  option httpchk
  http-check send meth GET uri /check ver HTTP/1.1 hdr Host check
  server upstream ${upstream.address} check inter 1s ${toServer}
`,
    isRunning,
  );
  return { port, complaints: () => proxy.complaints, stop: () => proxy.stop() };
}

async function nginx(upstream: Upstream): Promise<Front> {
  const port = await freePort();
  const proxy = await Nginx.start(
    `upstream out { server ${upstream.address}; keepalive 4; }
     map $http_upgrade $connection_out { default Upgrade; '' ''; }
     client_max_body_size 0;
     ignore_invalid_headers off;
     underscores_in_headers on;
     server {
       listen 127.0.0.1:${String(port)};
       location / {
         proxy_pass http://out;
         proxy_http_version 1.1;
         proxy_ignore_client_abort off;
         proxy_request_buffering off;
         proxy_buffering off;
         proxy_set_header Host $http_host;
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
         proxy_set_header X-Forwarded-Proto $scheme;
         proxy_set_header X-Front ${front};
         proxy_set_header Upgrade $http_upgrade;
         proxy_set_header Connection $connection_out;
       }
     }`,
    'return 404;',
  );
  // Of the attacks it may well complain; of what the server answers it must not.
  const complaints = () => proxy.complaints.filter((line) => !line.includes('client sent invalid'));
  return { port, complaints, stop: () => proxy.stop() };
}

const forwarded = { trustProxy: { from: ['127.0.0.1'] } };

const fronts = [
  {
    name: 'haproxy with X-Forwarded-For',
    program: 'haproxy',
    options: forwarded,
    start: (upstream: Upstream) =>
      haproxy(upstream, '', 'option forwardfor\n  http-request set-header X-Forwarded-Proto http'),
  },
  {
    name: 'haproxy with the PROXY protocol',
    program: 'haproxy',
    options: { proxyProtocol: { trusted: ['127.0.0.1'] } },
    start: (upstream: Upstream) => haproxy(upstream, 'send-proxy-v2 check-send-proxy', ''),
  },
  { name: 'nginx', program: 'nginx', options: forwarded, start: nginx },
] as const;

describe.each(fronts)('behind $name', ({ program, options, start }) => {
  let upstream: Upstream;
  let proxy: Front;

  beforeAll(async () => {
    if (!isInstalled(program) || !isInstalled('curl')) throw new Error(`${program} or curl is not installed`);
    upstream = await Upstream.start(options);
    proxy = await start(upstream);
  });

  afterAll(async () => {
    const complaints = proxy.complaints();
    await proxy.stop();
    await upstream[Symbol.asyncDispose]();
    expect(upstream.errors).toEqual([]);
    expect(complaints).toEqual([]);
  });

  beforeEach(() => {
    upstream.seen.length = 0;
  });

  const url = (path: string): string => `http://127.0.0.1:${String(proxy.port)}${path}`;
  const curl = (...args: string[]): Promise<string> =>
    output('curl', ['--disable', '--silent', '--show-error', '--fail', '--max-time', '60', ...args], {
      timeoutMs: 70_000,
    });
  /** What was asked, without the checks of a proxy's own. */
  const asked = () => upstream.seen.filter(({ target }) => target !== '/check');

  test('twenty requests take one connection', async () => {
    await curl(...Array.from({ length: 20 }, (_, i) => url(`/${String(i)}`)));
    expect(asked().map(({ target }) => target)).toEqual(
      Array.from({ length: 20 }, (_, i) => `/${String(i)}`),
    );
    expect(new Set(asked().map(({ clientPort }) => clientPort)).size).toBe(1);
  });

  test('the client is the one in front of the proxy, whatever it says of itself', async () => {
    const said = ['--interface', '127.0.0.2', '--header', 'X-Forwarded-For: 192.0.2.1'];
    const who = JSON.parse(await curl(...said, url('/who'))) as object;
    const authority = `127.0.0.1:${String(proxy.port)}`;
    expect(who).toMatchObject({ client: '127.0.0.2', scheme: 'http', authority });
  });

  test('a client that waits for 100 Continue is told to go on, and its body arrives', async () => {
    const args = ['--header', 'Expect: 100-continue', '--expect100-timeout', '30', '--dump-header', '-'];
    const answer = await curl(...args, '--data', 'patient', url('/upload'));
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/i);
    expect(answer).toContain('"bytes":7');
  });

  test('an upload of 10 MB in chunks arrives byte for byte', async () => {
    const content = Buffer.alloc(10 * megabyte);
    for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, at);
    const args = ['--disable', '--silent', '--max-time', '60', '--header', 'Transfer-Encoding: chunked'];
    const answer = await output('curl', [...args, '--upload-file', '-', url('/upload')], {
      input: content,
      timeoutMs: 70_000,
    });
    const hash = createHash('sha256').update(content).digest('hex');
    expect(JSON.parse(answer)).toEqual({ bytes: content.length, hash, coding: 'chunked' });
  });

  test('a download of 50 MB arrives byte for byte', async () => {
    const command = 'curl --disable --silent --fail --max-time 100 "$0" | sha256sum';
    const hash = await output('sh', ['-c', command, url(`/download?${String(50 * megabyte)}`)], {
      timeoutMs: 110_000,
    });
    expect(hash.slice(0, 64)).toBe(downloadHash(50 * megabyte));
  });

  test('a client that leaves ends the body that was made for it', async () => {
    const before = upstream.left;
    const leaving = new Program('curl', ['--disable', '--silent', '--no-buffer', url('/endless')]);
    await leaving.says(/\.{1000}/);
    await leaving.stop('SIGKILL');
    await upstream.until(() => upstream.left > before);
    expect(await curl(url('/after'))).toBe('GET /after\n');
  });

  test('a change of protocol is passed on, and bytes go both ways', async () => {
    await using stream = await connect({ host: '127.0.0.1', port: proxy.port });
    await stream.write('GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    let text = '';
    const readTo = async (end: string): Promise<void> => {
      while (!text.includes(end)) {
        const chunk = await stream.read({ timeoutMs: 20_000 });
        if (chunk === undefined) throw new Error(`the connection ended behind ${text}`);
        text += Buffer.from(chunk).toString('latin1');
      }
    };
    await readTo('\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    for (const frame of ['\x81\x05hello', 'GET / HTTP/1.1\r\n\r\n', '\0'.repeat(10)]) {
      text = '';
      await stream.write(Buffer.from(frame, 'latin1'));
      await readTo(frame);
      expect(text).toBe(frame);
    }
  });

  test('no request reaches the server that the proxy did not mean to send', async () => {
    for (const [i, attack] of smugglingSet.entries()) {
      await exchange(proxy.port, attack);
      // On the same connections to the server: an answer that belongs to another request would come now.
      const after = `/after/${String(i)}`;
      expect(await curl(url(after)), JSON.stringify(attack)).toBe(`GET ${after}\n`);
    }
    const unmeant = asked().filter(({ front: values }) => values.length !== 1 || values[0] !== front);
    expect(unmeant).toEqual([]);
    // A test of nothing, if the proxy had kept all of them to itself.
    expect(asked().filter(({ target }) => target === '/attack').length).toBeGreaterThan(5);
    expect(asked().filter(({ target }) => target.startsWith('/after/'))).toHaveLength(smugglingSet.length);
  });
});

/** Sends bytes, ends its side, and waits until the connection is closed. */
async function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connectTcp(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket
      .on('error', () => undefined)
      .once('close', () => {
        resolve(answer);
      });
  });
}
