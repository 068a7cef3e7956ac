import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connect,
  formatAddress,
  listen,
  SocketError,
  type ByteStream,
  type Listener,
} from '@wirestack/socket';
import { encodeProxyHeader, readProxyHeader, type ProxyHeader } from '@wirestack/socket/proxy-protocol';
import { isInstalled, output, Program } from '../support/program.ts';

/** Answers each connection, after its PROXY header, with that header as JSON in a response of HTTP. */
class TellingServer implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #waiting = new Set<() => void>();
  readonly headers: ProxyHeader[] = [];
  readonly errors: unknown[] = [];

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async on(address: string): Promise<TellingServer> {
    const server = new TellingServer(await listen(address));
    void server.#serve();
    return server;
  }

  get address(): string {
    return formatAddress(this.#listener.address);
  }

  get port(): number {
    return 'port' in this.#listener.address ? this.#listener.address.port : 0;
  }

  /** The first header that `isIt` lets pass, of those that came or of those to come. */
  async sees(isIt: (header: ProxyHeader) => boolean): Promise<ProxyHeader> {
    for (;;) {
      const header = this.headers.find(isIt);
      if (header !== undefined) return header;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close();
  }

  async #serve(): Promise<void> {
    for await (const stream of this.#listener) {
      this.#answer(stream).catch((error: unknown) => {
        stream.abort();
        // This is how a health check goes that has heard enough.
        if (!(error instanceof SocketError && error.code === 'RESET')) this.errors.push(error);
      });
    }
  }

  async #answer(stream: ByteStream): Promise<void> {
    const { header, rest } = await readProxyHeader(stream);
    this.headers.push(header);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    const decoder = new TextDecoder();
    let request = decoder.decode(rest, { stream: true });
    while (!request.includes('\r\n\r\n')) {
      const chunk = await stream.read();
      if (chunk === undefined) return stream.close();
      request += decoder.decode(chunk, { stream: true });
    }
    const body = JSON.stringify({
      ...header,
      extensions: header.extensions.map(({ type, value }) => [type, Buffer.from(value).toString('hex')]),
    });
    await stream.write(
      `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    );
    await stream.close();
  }
}

let scratch: string;
let server: TellingServer;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'wirestack-proxy-'));
  server = await TellingServer.on('127.0.0.1:0');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true });
  // Nobody sent a header that could not be read.
  expect(server.errors).toEqual([]);
});

async function curl(...args: string[]): Promise<Record<string, unknown>> {
  const fixed = ['--disable', '--silent', '--show-error', '--fail', '--max-time', '20'];
  return JSON.parse(await output('curl', [...fixed, ...args])) as Record<string, unknown>;
}

async function freePort(host: string): Promise<number> {
  await using listener = await listen({ host, port: 0 });
  return 'port' in listener.address ? listener.address.port : 0;
}

const version1 = { version: 1, command: 'PROXY', transport: 'stream', extensions: [] };
const version2 = { version: 2, command: 'PROXY', transport: 'stream' };

describe.skipIf(!isInstalled('curl'))('curl --haproxy-protocol', () => {
  test('says its own address, of IPv4', async () => {
    const told = await curl('--haproxy-protocol', `http://${server.address}/`);
    expect(told).toEqual({
      ...version1,
      source: { family: 'ipv4', host: '127.0.0.1', port: expect.any(Number) as number },
      destination: { family: 'ipv4', host: '127.0.0.1', port: server.port },
    });
  });

  test('says its own address, of IPv6', async () => {
    await using server6 = await TellingServer.on('[::1]:0');
    const told = await curl('--haproxy-protocol', '--globoff', `http://${server6.address}/`);
    expect(told).toMatchObject({
      ...version1,
      source: { family: 'ipv6', host: '::1' },
      destination: { family: 'ipv6', host: '::1', port: server6.port },
    });
  });

  test('says UNKNOWN over a Unix socket', async () => {
    const path = join(scratch, 'curl.sock');
    await using unix = await TellingServer.on(path);
    const told = await curl('--haproxy-protocol', '--unix-socket', path, 'http://localhost/');
    expect(told).toEqual({ version: 1, command: 'PROXY', transport: 'unspecified', extensions: [] });
    expect(unix.errors).toEqual([]);
  });
});

describe.skipIf(!isInstalled('haproxy') || !isInstalled('curl'))('haproxy', () => {
  let haproxy: Program;
  let ports: Record<'v1' | 'v2' | 'v2tlv' | 'v1on6' | 'v2on6' | 'dual' | 'in', number>;
  const path = (name: string): string => join(scratch, name);
  // A check that asks: one that only connects has reset the connection before anybody accepts it.
  const httpCheck = 'option httpchk GET /';

  beforeAll(async () => {
    const hosts = {
      v1: '127.0.0.1',
      v2: '127.0.0.1',
      v2tlv: '127.0.0.1',
      v1on6: '::1',
      v2on6: '::1',
      dual: '::',
      in: '127.0.0.1',
    };
    const found = await Promise.all(
      Object.entries(hosts).map(async ([name, host]) => [name, await freePort(host)]),
    );
    ports = Object.fromEntries(found) as typeof ports;
    const config = `
global
  maxconn 100
defaults
  mode tcp
  timeout connect 20s
  timeout client 20s
  timeout server 20s
${relay('v1', `127.0.0.1:${String(ports.v1)}`, 'send-proxy')}
${relay('v2', `127.0.0.1:${String(ports.v2)}`, 'send-proxy-v2')}
${relay('v2tlv', `127.0.0.1:${String(ports.v2tlv)}`, 'send-proxy-v2 proxy-v2-options crc32c,unique-id', 'unique-id-format told-%[dst_port]')}
${relay('v1on6', `[::1]:${String(ports.v1on6)}`, 'send-proxy')}
${relay('v2on6', `[::1]:${String(ports.v2on6)}`, 'send-proxy-v2')}
${relay('dual', `[::]:${String(ports.dual)} v4v6`, 'send-proxy')}
${relay('v1unix', `unix@${path('v1.sock')}`, 'send-proxy')}
${relay('v2unix', `unix@${path('v2.sock')}`, 'send-proxy-v2')}
${relay('check1', `unix@${path('check1.sock')}`, 'send-proxy check inter 1s', '', httpCheck)}
${relay('check2', `unix@${path('check2.sock')}`, 'send-proxy-v2 check inter 1s', '', httpCheck)}
${relay('check3', `unix@${path('check3.sock')}`, 'send-proxy-v2 proxy-v2-options crc32c check inter 1s', '', httpCheck)}
frontend taking
  mode http
  bind 127.0.0.1:${String(ports.in)} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port] %[fc_pp_authority] %[fc_pp_unique_id]"
`;
    await writeFile(path('haproxy.cfg'), config);
    haproxy = new Program('haproxy', ['-db', '-V', '-f', path('haproxy.cfg')], { timeoutMs: 110_000 });
    // A check of the server's health is the sign that it runs.
    const isRunning = server.sees(({ command }) => command === 'LOCAL');
    const hasEnded = haproxy.ended().then(({ stderr }) => Promise.reject(new Error(stderr)));
    await Promise.race([isRunning, hasEnded]);
  });

  afterAll(async () => {
    await haproxy.stop();
  });

  /** A port of haproxy's, and how it passes connections on. */
  function relay(name: string, bind: string, options: string, more = '', checks = ''): string {
    return `
frontend ${name}
  bind ${bind}
  ${more}
  default_backend ${name}
backend ${name}
  ${checks}
  server telling ${server.address} ${options}
`;
  }

  test.each([
    ['v1', version1],
    ['v2', version2],
  ] as const)('passes on a client of IPv4 with %s', async (name, expected) => {
    expect(await curl(`http://127.0.0.1:${String(ports[name])}/`)).toEqual({
      ...expected,
      source: { family: 'ipv4', host: '127.0.0.1', port: expect.any(Number) as number },
      destination: { family: 'ipv4', host: '127.0.0.1', port: ports[name] },
      extensions: [],
    });
  });

  test.each([
    ['v1on6', version1],
    ['v2on6', version2],
  ] as const)('passes on a client of IPv6 with %s', async (name, expected) => {
    expect(await curl('--globoff', `http://[::1]:${String(ports[name])}/`)).toEqual({
      ...expected,
      source: { family: 'ipv6', host: '::1', port: expect.any(Number) as number },
      destination: { family: 'ipv6', host: '::1', port: ports[name] },
      extensions: [],
    });
  });

  test('passes on a client of IPv4 that came to a socket of IPv6: as one of IPv4', async () => {
    expect(await curl(`http://127.0.0.1:${String(ports.dual)}/`)).toMatchObject({
      ...version1,
      source: { family: 'ipv4', host: '127.0.0.1' },
      destination: { family: 'ipv4', host: '127.0.0.1', port: ports.dual },
    });
  });

  test('adds a checksum, which is right, and a name for the connection', async () => {
    const told = await curl(`http://127.0.0.1:${String(ports.v2tlv)}/`);
    expect(told).toMatchObject(version2);
    const extensions = told['extensions'] as [number, string][];
    expect(extensions.map(([type]) => type).sort()).toEqual([3, 5]);
    expect(extensions).toContainEqual([5, Buffer.from(`told-${String(ports.v2tlv)}`).toString('hex')]);
  });

  test.each([
    ['v1.sock', 1, 'PROXY'],
    ['v2.sock', 2, 'LOCAL'],
  ] as const)('says nothing of a client of a Unix socket: %s', async (socket, version, command) => {
    const told = await curl('--unix-socket', path(socket), 'http://localhost/');
    expect(told).toEqual({ version, command, transport: 'unspecified', extensions: [] });
  });

  test('checks the health of a server, with a header of each version', async () => {
    expect(await server.sees(({ version, command }) => version === 2 && command === 'LOCAL')).toEqual({
      version: 2,
      command: 'LOCAL',
      transport: 'unspecified',
      source: undefined,
      destination: undefined,
      extensions: [],
    });
    expect(await server.sees(({ version }) => version === 1)).toMatchObject({ command: 'PROXY' });
    expect(haproxy.stderr).not.toContain('is DOWN');
  });

  test('takes what encodeProxyHeader writes', async () => {
    const said: ProxyHeader = {
      version: 2,
      command: 'PROXY',
      transport: 'stream',
      source: { family: 'ipv6', host: '2001:db8::1', port: 40_000 },
      destination: { family: 'ipv6', host: '2001:db8::2', port: 443 },
      extensions: [
        { type: 2, value: new TextEncoder().encode('www.example.test') },
        { type: 5, value: new TextEncoder().encode('the-one') },
      ],
    };
    const told = '2001:db8::1 40000 2001:db8::2 443';
    expect(await answerTo(encodeProxyHeader(said))).toBe(`${told} www.example.test the-one`);
    expect(await answerTo(encodeProxyHeader(said, { checksum: true }))).toBe(
      `${told} www.example.test the-one`,
    );
    expect((await answerTo(encodeProxyHeader({ ...said, version: 1, extensions: [] }))).trim()).toBe(told);
    const ipv4: ProxyHeader = {
      ...said,
      source: { family: 'ipv4', host: '192.0.2.1', port: 1 },
      destination: { family: 'ipv4', host: '192.0.2.2', port: 65_535 },
      extensions: [],
    };
    for (const version of [1, 2] as const) {
      expect((await answerTo(encodeProxyHeader({ ...ipv4, version }))).trim()).toBe(
        '192.0.2.1 1 192.0.2.2 65535',
      );
    }
    const forged = encodeProxyHeader(said, { checksum: true });
    forged[17]! ^= 1;
    expect(await answerTo(forged)).toBe('');
  });

  /** The body of what is answered to a request behind such a header; nothing where haproxy hangs up. */
  async function answerTo(header: Uint8Array): Promise<string> {
    await using stream = await connect({ host: '127.0.0.1', port: ports.in });
    const request = new TextEncoder().encode(
      'GET / HTTP/1.1\r\nHost: taking.test\r\nConnection: close\r\n\r\n',
    );
    await stream.write(Uint8Array.of(...header, ...request));
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const chunk = await stream.read().catch(() => undefined);
      if (chunk === undefined) break;
      text += decoder.decode(chunk, { stream: true });
    }
    return text.split('\r\n\r\n')[1] ?? '';
  }
});
