import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { proxyFromEnvironment } from '../../src/client/index.ts';
import { authority, serverPem } from '../server/certificates.ts';
import { standstill, turnsUntil } from '../server/harness.ts';
import { asking, failure, transport } from './support/asking.ts';
import { joinTo } from './support/join-to.ts';
import { ok, ScriptedServer } from './support/scripted-server.ts';

const trusting = { ca: authority };

/** What a tunnel leads to: a proxy connects here once it has said yes. */
async function secureOrigin(): Promise<ScriptedServer> {
  return ScriptedServer.answering(({ head }) => ok(head), { tls: serverPem });
}

describe('a proxy for http', () => {
  it('is asked with the whole URL, and told who asks', async () => {
    const proxy = await ScriptedServer.answering(({ head }) => ok(head));
    const { send } = transport({ proxy: proxy.url.replace('//', '//us%65r:p%C3%A4ss@') });
    const response = await send(asking('http://us:er@origin.test:8080/path?q#fragment'));
    const credentials = Buffer.from('user:päss').toString('base64');
    expect(await response.text()).toBe(
      'GET http://origin.test:8080/path?q HTTP/1.1\r\n' +
        `Host: origin.test:8080\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
    );
  });

  it('without credentials is told none', async () => {
    const proxy = await ScriptedServer.answering(({ head }) => ok(head));
    const response = await transport({ proxy: new URL(proxy.url) }).send(asking('http://origin.test/'));
    expect(await response.text()).toBe('GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n');
  });

  it('keeps its connections, for each origin its own', async () => {
    const proxy = await ScriptedServer.answering(({ target }) => ok(target));
    const pool = transport({ proxy: proxy.url });
    for (const host of ['a', 'b', 'a', 'b']) {
      expect(await (await pool.send(asking(`http://${host}.test/`))).text()).toBe(`http://${host}.test/`);
    }
    expect(proxy.peers).toHaveLength(2);
    expect(pool.stats).toEqual({ origins: 2, connections: 2, idle: 2, waiting: 0 });
  });

  it('answers by itself: that is an answer like any other', async () => {
    const proxy = await ScriptedServer.answering(
      () =>
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
    );
    expect((await transport({ proxy: proxy.url }).send(asking('http://origin.test/'))).status).toBe(407);
  });

  it('is chosen by a function of the URL', async () => {
    const [proxy, origin] = [
      await ScriptedServer.answering(() => ok('by proxy')),
      await ScriptedServer.answering(() => ok('straight')),
    ];
    const seen: string[] = [];
    const choice = (url: string): string | undefined => {
      seen.push(url);
      return url.includes('origin.test') ? proxy.url : undefined;
    };
    const { send } = transport({ proxy: choice });
    expect(await (await send(asking('http://origin.test/a'))).text()).toBe('by proxy');
    expect(await (await send(asking(origin.url))).text()).toBe('straight');
    expect(seen).toEqual(['http://origin.test/a', origin.url]);
  });

  it('that is none is BAD_OPTION', async () => {
    for (const proxy of ['nowhere', 'socks5://127.0.0.1:1080', 'http://a%3Ab:c@127.0.0.1:1/']) {
      expect(await failure(transport({ proxy }).send(asking('http://origin.test/')))).toBe('BAD_OPTION');
    }
  });

  it('that is not there is REFUSED', async () => {
    const proxy = await ScriptedServer.start();
    const { url } = proxy;
    await proxy.stop();
    expect(await failure(transport({ proxy: url }).send(asking('http://origin.test/')))).toBe('REFUSED');
  });
});

describe('a tunnel', () => {
  it('leads to the origin, which sees nothing of the proxy', async () => {
    const [proxy, origin] = [await ScriptedServer.start(), await secureOrigin()];
    const pool = transport({ proxy: proxy.url.replace('//', '//user:pass@'), tls: trusting });
    const asked = pool.send(asking('https://localhost:4430/path?q'));
    const peer = await proxy.accept();
    expect(await peer.head()).toBe(
      'CONNECT localhost:4430 HTTP/1.1\r\nHost: localhost:4430\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n',
    );
    joinTo(peer, origin);
    peer.send('HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n');
    const response = await asked;
    expect(await response.text()).toBe('GET /path?q HTTP/1.1\r\nHost: localhost:4430\r\n\r\n');
    expect(await (await pool.send(asking('https://localhost:4430/again'))).text()).toContain('GET /again ');
    expect(proxy.peers).toHaveLength(1);
    expect(pool.stats).toEqual({ origins: 1, connections: 1, idle: 1, waiting: 0 });
    await pool.close();
    await turnsUntil(() => proxy.open === 0);
  });

  it('may be announced byte by byte, with informational answers before', async () => {
    const [proxy, origin] = [await ScriptedServer.start(), await secureOrigin()];
    const asked = transport({ proxy: proxy.url, tls: trusting }).send(asking('https://localhost/'));
    const peer = await proxy.accept();
    await peer.head();
    const words = 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 204 Yes\r\nContent-Length: 10\r\n\r\n';
    for (const byte of words.slice(0, -1)) await peer.sent(byte);
    joinTo(peer, origin);
    peer.send(words.slice(-1));
    expect((await asked).status).toBe(200);
  });

  it('to an IPv6 address has brackets', async () => {
    const proxy = await ScriptedServer.start();
    const asked = failure(transport({ proxy: proxy.url }).send(asking('https://[2001:DB8::1]/')));
    const peer = await proxy.accept();
    expect(await peer.head()).toBe('CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n');
    peer.send('HTTP/1.1 403 Forbidden\r\n\r\n');
    expect(await asked).toBe('PROXY_REFUSED');
  });

  it.each([407, 403, 502, 302])('refused with %i is PROXY_REFUSED with that status', async (status) => {
    const proxy = await ScriptedServer.start();
    const pool = transport({ proxy: proxy.url });
    const asked = pool.send(asking('https://origin.test/'));
    const peer = await proxy.accept();
    await peer.head();
    peer.send(`HTTP/1.1 ${String(status)} No\r\nContent-Length: 3\r\n\r\nno!`);
    await expect(asked).rejects.toMatchObject({ name: 'HttpClientError', code: 'PROXY_REFUSED', status });
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats).toEqual({ origins: 0, connections: 0, idle: 0, waiting: 0 });
  });

  it.each([
    ['nothing', '', 'DISCONNECTED'],
    ['half a head', 'HTTP/1.1 200 OK\r\n', 'TRUNCATED'],
    ['an informational answer', 'HTTP/1.1 102 Processing\r\n\r\n', 'TRUNCATED'],
  ])('whose proxy ends behind %s is an error', async (_, words, code) => {
    const proxy = await ScriptedServer.start();
    const pool = transport({ proxy: proxy.url });
    const asked = failure(pool.send(asking('https://origin.test/')));
    const peer = await proxy.accept();
    await peer.head();
    peer.send(words);
    peer.fin();
    expect(await asked).toBe(code);
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats.origins).toBe(0);
  });

  it('whose proxy resets is DISCONNECTED, and says why', async () => {
    const proxy = await ScriptedServer.start();
    const asked = transport({ proxy: proxy.url }).send(asking('https://origin.test/'));
    const peer = await proxy.accept();
    await peer.head();
    peer.reset();
    await expect(asked).rejects.toMatchObject({ code: 'DISCONNECTED', cause: { code: 'RESET' } });
  });

  it('whose proxy says nothing is TIMED_OUT, phase connect', async () => {
    const proxy = await ScriptedServer.start();
    const pool = transport({ proxy: proxy.url, connectTimeoutMs: 30 });
    const asked = failure(pool.send(asking('https://origin.test/')));
    const peer = await proxy.accept();
    expect(await asked).toBe('TIMED_OUT connect');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats.origins).toBe(0);
  });

  it('behind whose 200 come bytes that are no TLS fails, and nothing of the request is sent', async () => {
    const proxy = await ScriptedServer.start();
    const pool = transport({ proxy: proxy.url, tls: trusting });
    const asked = failure(pool.send(asking('https://localhost/secret')));
    const peer = await proxy.accept();
    await peer.head();
    peer.send('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
    expect(await asked).toBe('UNSOLICITED');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(peer.unread).not.toContain('secret');
    expect(pool.stats.origins).toBe(0);
  });

  it('passes back-pressure on: what the origin does not take is not made', async () => {
    const proxy = await ScriptedServer.start();
    const origin = await ScriptedServer.start({ tls: serverPem });
    const pool = transport({ proxy: proxy.url, tls: trusting });
    const abort = new AbortController();
    let uploaded = 0;
    const asked = failure(
      pool.send(
        asking('https://localhost/', {
          body: Buffer.alloc(100_000_000),
          signal: abort.signal,
          onUpload: (bytes) => (uploaded = bytes),
        }),
      ),
    );
    const peer = await proxy.accept();
    await peer.head();
    joinTo(peer, origin);
    peer.send('HTTP/1.1 200 OK\r\n\r\n');
    await (await origin.accept()).head();
    peer.stall();
    expect(await standstill(() => uploaded)).toBeLessThan(50_000_000);
    abort.abort();
    expect(await asked).toBe('ABORTED');
    await turnsUntil(() => pool.stats.origins === 0);
  });

  it('is not trusted: the origin must show a certificate for its name', async () => {
    const [proxy, origin] = [await ScriptedServer.start(), await secureOrigin()];
    const pool = transport({ proxy: proxy.url, tls: trusting });
    const asked = pool.send(asking('https://elsewhere.test/'));
    const peer = await proxy.accept();
    await peer.head();
    joinTo(peer, origin);
    peer.send('HTTP/1.1 200 OK\r\n\r\n');
    await expect(asked).rejects.toMatchObject({ name: 'SocketError', code: 'TLS' });
    await turnsUntil(() => pool.stats.origins === 0);
  });

  it('is ended by abort() while it is asked for', async () => {
    const proxy = await ScriptedServer.start();
    const pool = transport({ proxy: proxy.url });
    const asked = failure(pool.send(asking('https://origin.test/')));
    const peer = await proxy.accept();
    await peer.head();
    pool.abort();
    expect(await asked).toBe('CLOSED');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    await turnsUntil(() => pool.stats.origins === 0);
  });
});

describe('TLS', () => {
  it('is spoken with http/1.1, the name of the host, and a certificate that is checked', async () => {
    const origin = await secureOrigin();
    const url = origin.url.replace('127.0.0.1', 'localhost');
    const { send } = transport({ tls: trusting, family: 'ipv4' });
    const response = await send(asking(url));
    expect(response.status).toBe(200);
    expect(response.timing?.steps.securedAt).toBeGreaterThanOrEqual(
      response.timing?.steps.openedAt ?? Infinity,
    );
    expect(await failure(transport({ family: 'ipv4' }).send(asking(url)))).toBe('TLS');
  });

  it('of an IP address is checked against that', async () => {
    const origin = await secureOrigin();
    expect((await transport({ tls: trusting }).send(asking(origin.url))).status).toBe(200);
  });

  it('with a certificate for another name is refused before anything is sent', async () => {
    const server = await ScriptedServer.start({ tls: serverPem });
    const pool = transport({ tls: trusting, connectTo: server.address });
    await expect(pool.send(asking('https://elsewhere.test/'))).rejects.toMatchObject({ code: 'TLS' });
    expect(server.peers.every(({ unread }) => unread === '')).toBe(true);
    expect(pool.stats.origins).toBe(0);
  });

  it('may be told another name', async () => {
    const origin = await secureOrigin();
    const { send } = transport({ tls: { ...trusting, servername: 'localhost' }, connectTo: origin.address });
    expect(await (await send(asking('https://elsewhere.test/'))).text()).toContain(
      'Host: elsewhere.test\r\n',
    );
  });

  it('does not end where the other side only closes: a body that ends so is cut short', async () => {
    const server = await ScriptedServer.start({ tls: serverPem });
    const asked = transport({ tls: trusting }).send(asking(server.url));
    const peer = await server.accept();
    await peer.head();
    await peer.sent('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const response = await asked;
    peer.destroy();
    expect(await failure(response.text())).toBe('TRUNCATED');
  });
});

describe('connectTo', () => {
  it('leads to a Unix socket, and the Host is the URL’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wirestack-client-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'app.sock');
    await ScriptedServer.answering(({ head }) => ok(head), { path });
    const { send } = transport({ connectTo: `unix:${path}` });
    const response = await send(asking('http://app.test/path'));
    expect(await response.text()).toBe('GET /path HTTP/1.1\r\nHost: app.test\r\n\r\n');
  });

  it('comes before a proxy', async () => {
    const server = await ScriptedServer.answering(({ target }) => ok(target));
    const { send } = transport({ connectTo: server.address, proxy: 'http://127.0.0.1:1' });
    expect(await (await send(asking('http://app.test/path'))).text()).toBe('/path');
  });
});

describe('a host', () => {
  it('that is an IPv6 address is connected to without its brackets, and named with them', async () => {
    const server = await ScriptedServer.answering(({ head }) => ok(head), { host: '::1' });
    const response = await transport().send(asking(`http://[::1]:${String(server.port)}/`));
    expect(await response.text()).toContain(`Host: [::1]:${String(server.port)}\r\n`);
  });

  it('is found by the lookup that is given, and in either family', async () => {
    const server = await ScriptedServer.answering(({ head }) => ok(head));
    const asked: string[] = [];
    const { send } = transport({
      lookup: (hostname, _, callback) => {
        asked.push(hostname);
        setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const response = await send(asking(`http://Origin.Test:${String(server.port)}/`));
    expect(await response.text()).toContain(`Host: origin.test:${String(server.port)}\r\n`);
    expect(asked).toEqual(['origin.test']);
  });

  it('that is not found is NOT_FOUND', async () => {
    const { send } = transport({
      lookup: (_, __, callback) => {
        setImmediate(callback, Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []);
      },
    });
    expect(await failure(send(asking('http://nowhere.test/')))).toBe('NOT_FOUND');
  });
});

describe('proxyFromEnvironment', () => {
  const proxy = 'http://proxy.test:3128';
  const table: [environment: Record<string, string>, url: string, chosen: string | undefined][] = [
    [{}, 'http://a.test/', undefined],
    [{ http_proxy: proxy }, 'http://a.test/', proxy],
    [{ http_proxy: proxy }, 'https://a.test/', undefined],
    [{ https_proxy: proxy }, 'https://a.test/', proxy],
    [{ https_proxy: proxy }, 'http://a.test/', undefined],
    [{ all_proxy: proxy }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, https_proxy: 'http://other.test' }, 'https://a.test/', 'http://other.test'],
    [{ HTTP_PROXY: proxy }, 'http://a.test/', proxy],
    [{ HTTPS_PROXY: proxy }, 'https://a.test/', proxy],
    [{ ALL_PROXY: proxy }, 'https://a.test/', proxy],
    [{ http_proxy: proxy, HTTP_PROXY: 'http://upper.test' }, 'http://a.test/', proxy],
    // A client of a CGI script sets it: Proxy: http://evil.test
    [{ HTTP_PROXY: 'http://evil.test', REQUEST_METHOD: 'GET' }, 'http://a.test/', undefined],
    [{ http_proxy: proxy, REQUEST_METHOD: 'GET' }, 'http://a.test/', proxy],
    [{ HTTPS_PROXY: proxy, REQUEST_METHOD: 'GET' }, 'https://a.test/', proxy],
    [{ http_proxy: 'proxy.test:3128' }, 'http://a.test/', proxy],
    [{ http_proxy: '' }, 'http://a.test/', undefined],
    [{ http_proxy: '', all_proxy: proxy }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, no_proxy: 'a.test' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test' }, 'https://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test' }, 'http://sub.a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test' }, 'http://ba.test/', proxy],
    [{ all_proxy: proxy, no_proxy: '.a.test' }, 'http://sub.a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: '*.a.test' }, 'http://sub.a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'A.TEST.' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test' }, 'http://a.test./', undefined],
    [{ all_proxy: proxy, no_proxy: 'b.test, a.test' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'b.test a.test' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: ' , ,' }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, NO_PROXY: 'a.test' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: '*' }, 'http://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test:8080' }, 'http://a.test:8080/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test:8080' }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, no_proxy: 'a.test:443' }, 'https://a.test/', undefined],
    [{ all_proxy: proxy, no_proxy: 'a.test:443' }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, no_proxy: '127.0.0.1' }, 'http://127.0.0.1/', undefined],
    [{ all_proxy: proxy, no_proxy: '0.0.1' }, 'http://127.0.0.1/', proxy],
    [{ all_proxy: proxy, no_proxy: '127.0.0.1' }, 'http://localhost/', proxy],
    [{ all_proxy: proxy, no_proxy: '10.0.0.0/8' }, 'http://10.1.2.3/', undefined],
    [{ all_proxy: proxy, no_proxy: '10.0.0.0/8' }, 'http://11.1.2.3/', proxy],
    [{ all_proxy: proxy, no_proxy: '10.0.0.0/8' }, 'http://a.test/', proxy],
    [{ all_proxy: proxy, no_proxy: '::1' }, 'http://[::1]/', undefined],
    [{ all_proxy: proxy, no_proxy: '[::1]' }, 'http://[::1]:8080/', undefined],
    [{ all_proxy: proxy, no_proxy: '[::1]:8080' }, 'http://[::1]:8080/', undefined],
    [{ all_proxy: proxy, no_proxy: '[::1]:8080' }, 'http://[::1]/', proxy],
    [{ all_proxy: proxy, no_proxy: 'fd00::/8' }, 'http://[fd12::1]/', undefined],
    [{ all_proxy: proxy, no_proxy: 'fd00::/8' }, 'http://[fe80::1]/', proxy],
    [{ all_proxy: proxy, no_proxy: '300.0.0.0/8' }, 'http://a.test/', proxy],
  ];
  it.each(table)('%j: %s by %s', (environment, url, chosen) => {
    expect(proxyFromEnvironment(environment)(url)).toBe(chosen);
  });

  it('reads the process’s own variables once', () => {
    const { http_proxy: before } = process.env;
    process.env['http_proxy'] = proxy;
    const choice = proxyFromEnvironment();
    if (before === undefined) delete process.env['http_proxy'];
    else process.env['http_proxy'] = before;
    expect(choice('http://somewhere.test/')).toBe(proxy);
  });
});
