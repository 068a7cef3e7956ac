import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connect,
  formatAddress,
  listen,
  readAll,
  serve,
  SocketError,
  type Address,
  type ListenOptions,
  type RunningServer,
  type SocketStream,
  type TlsClientOptions,
} from '@wirestack/socket';
import { isInstalled, Program } from '../support/program.ts';
import { Authority, type Identity } from './certificates.ts';

/** What a server knows of a connection that came through a proxy. */
interface Told {
  readonly remote: Address;
  readonly local: Address;
  readonly version: number;
  readonly command: string;
  readonly extensions: number[];
  readonly tls: string | undefined;
}

/** Answers a line with what it knows. */
class TellingServer {
  readonly refused: string[] = [];
  readonly told: Told[] = [];
  #server!: RunningServer;

  static async on(address: string, options: ListenOptions): Promise<TellingServer> {
    const telling = new TellingServer();
    telling.#server = await serve(address, (stream) => telling.#tell(stream), {
      ...options,
      onRefused: ({ code }) => void telling.refused.push(code),
    });
    return telling;
  }

  get address(): string {
    return formatAddress(this.#server.address).replace(/^unix:/, 'unix@');
  }

  get dropped(): number {
    return this.#server.dropped;
  }

  close(): Promise<void> {
    return this.#server.drain({ timeoutMs: 0 });
  }

  async #tell(stream: SocketStream): Promise<void> {
    if ((await stream.read()) === undefined) return;
    const { remoteAddress: remote, localAddress: local, proxy, tls } = stream;
    const told: Told = {
      remote,
      local,
      version: proxy?.version ?? 0,
      command: proxy?.command ?? 'none',
      extensions: proxy?.extensions.map(({ type }) => type) ?? [],
      tls: tls?.servername,
    };
    this.told.push(told);
    await stream.write(`${JSON.stringify(told)}\n`);
  }
}

describe.skipIf(!isInstalled('haproxy') || !isInstalled('openssl'))('haproxy before listen()', () => {
  let scratch: string;
  let authority: Authority;
  let identity: Identity;
  let plain: TellingServer;
  let overUnix: TellingServer;
  let secure: TellingServer;
  let distrustful: TellingServer;
  let haproxy: Program;
  const names = [
    'v1',
    'v2',
    'v2on6',
    'unix',
    'ends',
    'endsWithName',
    'tls',
    'tls1',
    'outer',
    'inner',
    'distrusted',
  ];
  const ports: Record<string, number> = {};

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'wirestack-haproxy-'));
    authority = await Authority.named('conformance');
    identity = await authority.signs('localhost');
    const proxyProtocol = { trusted: ['127.0.0.0/8', 'unix'] };
    plain = await TellingServer.on('tcp://127.0.0.1:0', { proxyProtocol });
    overUnix = await TellingServer.on(join(scratch, 'telling.sock'), { proxyProtocol });
    secure = await TellingServer.on('tcp://127.0.0.1:0', { proxyProtocol, tls: identity });
    distrustful = await TellingServer.on('tcp://127.0.0.1:0', { proxyProtocol: { trusted: ['192.0.2.1'] } });
    for (const name of names) ports[name] = await freePort(name === 'v2on6' ? '::1' : '127.0.0.1');
    const both = join(scratch, 'both.pem');
    await writeFile(both, identity.cert + identity.key);
    const ssl = `ssl crt ${both}`;
    const checked = [
      'option tcp-check',
      String.raw`tcp-check send tell\n`,
      'tcp-check expect rstring command.:.(LOCAL|PROXY)',
    ];
    const config = [
      'global\n maxconn 200',
      'defaults\n mode tcp\n timeout connect 20s\n timeout client 20s\n timeout server 20s',
      relay('v1', plain.address, 'send-proxy check check-send-proxy inter 300ms', '', checked),
      relay('v2', plain.address, 'send-proxy-v2 check check-send-proxy inter 300ms', '', checked),
      relay('v2on6', plain.address, 'send-proxy-v2'),
      relay('unix', overUnix.address, 'send-proxy-v2 check check-send-proxy inter 300ms', '', checked),
      relay('ends', plain.address, 'send-proxy-v2-ssl', ssl),
      relay(
        'endsWithName',
        plain.address,
        'send-proxy-v2 proxy-v2-options authority,ssl,unique-id,crc32c',
        ssl,
      ),
      relay('tls', secure.address, 'send-proxy-v2'),
      relay('tls1', secure.address, 'send-proxy'),
      relay('outer', `127.0.0.1:${String(ports['inner'])}`, 'send-proxy-v2'),
      relay('inner', plain.address, 'send-proxy', 'accept-proxy'),
      relay('distrusted', distrustful.address, 'send-proxy-v2'),
    ];
    const file = join(scratch, 'haproxy.cfg');
    await writeFile(file, `${config.join('\n')}\n`);
    haproxy = new Program('haproxy', ['-db', '-V', '-f', file], { timeoutMs: 110_000 });
    const hasEnded = haproxy.ended().then(({ stderr }) => Promise.reject(new Error(stderr)));
    hasEnded.catch(() => undefined);
    // Its checks, which come through the same door, are the sign that it runs.
    while (!plain.told.some(({ command }) => command === 'LOCAL')) {
      await Promise.race([turn(), hasEnded]);
    }
  });

  afterAll(async () => {
    await haproxy.stop();
    await Promise.all([plain, overUnix, secure, distrustful].map((server) => server.close()));
    await authority[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true });
  });

  /** A port of haproxy's, and how it passes connections on. */
  function relay(
    name: string,
    to: string,
    options: string,
    bind = '',
    checks: readonly string[] = [],
  ): string {
    const host = name === 'v2on6' ? '[::1]' : '127.0.0.1';
    return [
      `frontend ${name}`,
      ` bind ${host}:${String(ports[name])} ${bind}`,
      ...(name === 'endsWithName' ? [' unique-id-format named'] : []),
      ` default_backend ${name}`,
      `backend ${name}`,
      ...checks.map((check) => ` ${check}`),
      ` server telling ${to} ${options}`,
    ].join('\n');
  }

  /** What the server says of a client that comes through this port, and the client's own addresses. */
  async function through(
    name: string,
    tls: TlsClientOptions | false = false,
    host = '127.0.0.1',
  ): Promise<unknown> {
    const stream = await connect({ host, port: ports[name]! }, { tls });
    await stream.write('tell\n');
    const answer = text(await readAll(stream, 10_000));
    const { localAddress, remoteAddress } = stream;
    await stream.close();
    const { remote, local, ...told } = JSON.parse(answer) as Told;
    expect(remote).toEqual(localAddress);
    expect(local).toEqual(remoteAddress);
    return told;
  }

  test.each([
    ['v1', '127.0.0.1', { version: 1, command: 'PROXY', extensions: [] }],
    ['v2', '127.0.0.1', { version: 2, command: 'PROXY', extensions: [] }],
    ['v2on6', '::1', { version: 2, command: 'PROXY', extensions: [] }],
    ['unix', '127.0.0.1', { version: 2, command: 'PROXY', extensions: [] }],
  ] as const)('%s from %s: the addresses of a stream are those of the client', async (name, host, told) => {
    expect(await through(name, false, host)).toEqual(told);
  });

  test('of a proxy that ends TLS the stream knows what the proxy says of it', async () => {
    const tls = { ca: authority.cert, servername: 'localhost' };
    // PP2_TYPE_SSL is 0x20, PP2_TYPE_AUTHORITY 2, PP2_TYPE_CRC32C 3 and PP2_TYPE_UNIQUE_ID 5.
    expect(await through('ends', tls)).toEqual({ version: 2, command: 'PROXY', extensions: [0x20] });
    const told = (await through('endsWithName', tls)) as Told;
    expect(told.extensions.toSorted((a, b) => a - b)).toEqual([2, 3, 5, 0x20]);
  });

  test.each([
    ['tls', 2],
    ['tls1', 1],
  ] as const)('TLS goes through the proxy, behind its header: %s', async (name, version) => {
    const tls = { ca: authority.cert, servername: 'localhost' };
    expect(await through(name, tls)).toEqual({ version, command: 'PROXY', extensions: [], tls: 'localhost' });
  });

  test('behind two proxies the client is still the client', async () => {
    expect(await through('outer')).toEqual({ version: 1, command: 'PROXY', extensions: [] });
  });

  test('a check of health is no client: LOCAL with the addresses of the connection', () => {
    const checks = plain.told.filter(({ command }) => command === 'LOCAL');
    for (const { version, remote, local } of checks) {
      expect({ version, local }).toEqual({ version: 2, local: addressOf(plain) });
      expect(remote).toMatchObject({ family: 'ipv4', host: '127.0.0.1' });
    }
    expect(checks.length).toBeGreaterThan(0);
    expect(haproxy.stderr).not.toContain('is DOWN');
  });

  test('a proxy that is not trusted is refused, whatever it says', async () => {
    const stream = await connect({ host: '127.0.0.1', port: ports['distrusted']! });
    await stream.write('tell\n');
    const answer = await readAll(stream, 10_000).catch((error: unknown) => {
      if (error instanceof SocketError && error.code === 'RESET') return new Uint8Array();
      throw error;
    });
    expect(answer).toHaveLength(0);
    stream.abort();
    expect(distrustful.told).toEqual([]);
    expect(distrustful.refused).not.toHaveLength(0);
    expect(new Set(distrustful.refused)).toEqual(new Set(['PROXY_HEADER']));
    expect(distrustful.dropped).toBe(distrustful.refused.length);
  });

  test('who comes past the proxy without a header is refused', async () => {
    const before = plain.dropped;
    const stream = await connect(plain.address);
    await stream.write('tell\n');
    await expect(readAll(stream, 10_000)).rejects.toMatchObject({ code: 'RESET' });
    expect(plain.dropped).toBe(before + 1);
    expect(plain.refused).toContain('PROXY_HEADER');
  });
});

function addressOf(server: TellingServer): Address {
  const [host = '', port] = server.address.split(':');
  return { family: 'ipv4', host, port: Number(port) };
}

async function freePort(host: string): Promise<number> {
  await using listener = await listen({ host, port: 0 });
  return (listener.address as { port: number }).port;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
