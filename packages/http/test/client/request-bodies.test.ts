import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BodyLike, OutgoingBody, RequestOptions } from '../../src/client/client-request.ts';
import { gate, standstill, turnsUntil } from '../server/harness.ts';
import { asking, client, failure, transport } from './support/asking.ts';
import { watchedBody } from './support/watched-body.ts';
import { WatchedSignal } from './support/watched-signal.ts';
import { ok, ScriptedServer, type SeenRequest } from './support/scripted-server.ts';

/** What the server saw of a request. */
async function sent(options: RequestOptions): Promise<SeenRequest> {
  const seen: SeenRequest[] = [];
  const server = await ScriptedServer.answering((request) => {
    seen.push(request);
    return ok();
  });
  await (await client({ headers: { 'User-Agent': undefined } }).request(server.url, options)).text();
  return seen[0] as SeenRequest;
}

async function fileOf(content: Uint8Array | string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wirestack-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file');
  await writeFile(path, content);
  return path;
}

async function* pieces(...all: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const piece of all) yield await Promise.resolve(piece);
}

describe('a body is sent with its length', () => {
  const bodies: [name: string, body: BodyLike, type: string | undefined, text: string][] = [
    ['text, as UTF-8', 'hällo €', undefined, 'h\xc3\xa4llo \xe2\x82\xac'],
    ['no text at all', '', undefined, ''],
    ['bytes', Uint8Array.of(0, 255, 13, 10), undefined, '\0\xff\r\n'],
    ['no bytes', new Uint8Array(0), undefined, ''],
    [
      'URLSearchParams',
      new URLSearchParams({ a: '1 2', b: '&' }),
      'application/x-www-form-urlencoded;charset=UTF-8',
      'a=1+2&b=%26',
    ],
    ['a Blob', new Blob(['blob'], { type: 'text/csv' }), 'text/csv', 'blob'],
    ['a Blob without a type', new Blob(['blob']), undefined, 'blob'],
    [
      'an encoded body that knows its length',
      { body: ['en', 'coded'], contentType: 'a/b', contentLength: 7 },
      'a/b',
      'encoded',
    ],
  ];
  it.each(bodies)('%s', async (_, body, type, text) => {
    const request = await sent({ body });
    expect(request.method).toBe('POST');
    expect(request.body).toBe(text);
    expect(request.head).toContain(`\r\nContent-Length: ${String(text.length)}\r\n`);
    expect(/\r\nContent-Type: (.*)\r\n/.exec(request.head)?.[1]).toBe(type);
    expect(request.head).not.toContain('Transfer-Encoding');
  });

  it('json', async () => {
    const request = await sent({ json: { a: [1, 'ü'] }, method: 'PATCH' });
    expect(request.method).toBe('PATCH');
    expect(JSON.parse(Buffer.from(request.body, 'latin1').toString())).toEqual({ a: [1, 'ü'] });
    expect(request.head).toContain('\r\nContent-Type: application/json\r\n');
    expect((await sent({ json: null })).body).toBe('null');
  });

  it('a file, from where it is told, and closes it', async () => {
    const file = await open(await fileOf('0123456789'));
    const request = await sent({ body: { file, start: 2, length: 5 } });
    expect(request.body).toBe('23456');
    expect(request.head).toContain('\r\nContent-Length: 5\r\n');
    await turnsUntil(() => file.fd === -1);
  });

  it('an iterable whose Content-Length is among the headers', async () => {
    const request = await sent({ body: pieces('ab', Uint8Array.of(99)), headers: { 'content-length': '3' } });
    expect(request.body).toBe('abc');
    expect(request.head).toContain('\r\nContent-Length: 3\r\n');
    expect(request.head.match(/content-length/gi)).toHaveLength(1);
  });

  it('a text of 1 MB, byte for byte', async () => {
    const text = Array.from({ length: 100_000 }, (_, i) =>
      String(i).padStart(10, '€'.slice(0, 0) + '0'),
    ).join('');
    const request = await sent({ body: text });
    expect(request.head).toContain('\r\nContent-Length: 1000000\r\n');
    expect(request.body === text).toBe(true);
  });

  it('none for GET, nothing for DELETE, 0 for POST without one', async () => {
    expect((await sent({})).head).not.toMatch(/content-length|transfer-encoding/i);
    expect((await sent({ method: 'DELETE' })).head).not.toMatch(/content-length|transfer-encoding/i);
    expect((await sent({ method: 'POST' })).head).toContain('\r\nContent-Length: 0\r\n');
  });
});

describe('a body is sent in chunks', () => {
  const bodies: [name: string, body: () => BodyLike, text: string][] = [
    ['an array', () => ['ab', Uint8Array.of(99), ''], 'abc'],
    ['an async generator', () => pieces('ab', '', 'ü'), 'ab\xc3\xbc'],
    ['nothing at all', () => [], ''],
    ['a function that makes it', () => () => ['made'], 'made'],
    ['a ReadableStream', () => new Blob(['stream']).stream() as AsyncIterable<Uint8Array>, 'stream'],
    ['an encoded body of unknown length', () => ({ body: () => ['x'], contentType: 'a/b' }), 'x'],
    [
      'pieces larger than a write of text',
      () => ['a'.repeat(5000), Buffer.alloc(70_000, 'b')],
      'a'.repeat(5000) + 'b'.repeat(70_000),
    ],
  ];
  it.each(bodies)('%s', async (_, body, text) => {
    const request = await sent({ body: body() });
    expect(request.head).toContain('\r\nTransfer-Encoding: chunked\r\n');
    expect(request.head).not.toContain('Content-Length');
    expect(request.body === text).toBe(true);
  });

  it('FormData', async () => {
    const form = new FormData();
    form.append('name', 'value');
    form.append('file', new Blob(['content'], { type: 'text/plain' }), 'a.txt');
    const request = await sent({ body: form });
    const boundary = /\r\nContent-Type: multipart\/form-data; boundary=(\S+)\r\n/.exec(request.head)?.[1];
    expect(request.body).toContain(`--${String(boundary)}\r\n`);
    expect(request.body).toContain('filename="a.txt"');
    expect(request.body).toContain('\r\n\r\ncontent\r\n');
  });

  it('with the trailers that are asked for at its end', async () => {
    const server = await ScriptedServer.start();
    let length = 0;
    const body = function* (): Generator<string> {
      for (const piece of ['ab', 'cde']) {
        length += piece.length;
        yield piece;
      }
    };
    const trailers = () => [['X-Length', String(length)]] as const;
    const asked = transport().send(asking(server.url, { body, trailers }));
    const peer = await server.accept();
    await peer.head();
    expect(await peer.through('\r\n\r\n')).toBe('2\r\nab\r\n3\r\ncde\r\n0\r\nX-Length: 5\r\n\r\n');
    peer.send(ok());
    expect((await asked).status).toBe(200);
  });
});

describe('what is no body', () => {
  it.each([
    ['a number', 1],
    ['an object', { a: 1 }],
    ['a function that makes none', () => 1],
    ['null', null],
  ])('%s is refused, and the connection is as it was', async (_, body) => {
    const server = await ScriptedServer.answering(() => ok('fine'));
    const pool = transport();
    await (await pool.send(asking(server.url))).text();
    await expect(
      pool.send({ ...asking(server.url, { method: 'POST' }), body: body as unknown as OutgoingBody }),
    ).rejects.toMatchObject({ name: 'HttpUsageError', code: 'BAD_BODY' });
    expect(await (await pool.send(asking(server.url))).text()).toBe('fine');
    expect(server.peers).toHaveLength(1);
  });

  it('json and body together, and json that JSON has not', async () => {
    expect(await failure(client().request('http://127.0.0.1:1/', { json: 1, body: 'x' }))).toBe('BAD_BODY');
    expect(await failure(client().request('http://127.0.0.1:1/', { json: () => 1 }))).toBe('BAD_BODY');
  });

  it('a piece that is neither text nor bytes ends the connection, and the iterator is returned', async () => {
    const server = await ScriptedServer.start();
    const body = watchedBody([1 as unknown as string]);
    const asked = failure(transport().send(asking(server.url, { body })));
    const peer = await server.accept();
    expect(await asked).toBe('BAD_BODY');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(peer.unread).not.toContain('0\r\n\r\n');
    expect(body.returned).toBe(1);
  });
});

describe('a body that does not keep to its Content-Length', () => {
  const headers = [['Content-Length', '5']] as const;

  it.each([[['abc']], [[]], [['ab', 'cd']]])('too short: %j', async (all) => {
    const server = await ScriptedServer.start();
    const asked = failure(transport().send(asking(server.url, { body: all, headers })));
    const peer = await server.accept();
    expect(await asked).toBe('BAD_BODY');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(peer.unread.split('\r\n\r\n')[1]?.length ?? 0).toBeLessThan(5);
  });

  it.each([[['abcdef']], [['abc', 'def']]])(
    'too long: %j, and the server never has all of a message',
    async (all) => {
      const server = await ScriptedServer.start();
      const body = watchedBody(all);
      const asked = failure(transport().send(asking(server.url, { body, headers })));
      const peer = await server.accept();
      expect(await asked).toBe('BAD_BODY');
      expect(await peer.ended()).toMatch(/FIN|RST/);
      expect(peer.unread.split('\r\n\r\n')[1]?.length ?? 0).toBeLessThan(5);
      expect(body.returned).toBe(1);
    },
  );

  it('a file that turns out shorter', async () => {
    const server = await ScriptedServer.start();
    const file = await open(await fileOf('abc'));
    const asked = failure(transport().send(asking(server.url, { body: { file, length: 5 } })));
    const peer = await server.accept();
    expect(await asked).toBe('BAD_BODY');
    expect(await peer.ended()).toMatch(/FIN|RST/);
    await turnsUntil(() => file.fd === -1);
  });

  it('a text whose length is said wrongly is refused before anything is sent', async () => {
    const server = await ScriptedServer.answering(() => ok('fine'));
    const pool = transport();
    expect(await failure(pool.send(asking(server.url, { body: 'abc', headers })))).toBe('BAD_BODY');
    expect(await (await pool.send(asking(server.url))).text()).toBe('fine');
    expect(server.peers).toHaveLength(1);
  });
});

describe('a body that throws', () => {
  it('rejects the request with what it threw, and ends the connection', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const body = async function* (): AsyncGenerator<string> {
      yield 'begun';
      throw await Promise.resolve(new RangeError('no more'));
    };
    const asked = pool.send(asking(server.url, { body }));
    const peer = await server.accept();
    await expect(asked).rejects.toThrow(RangeError);
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(peer.unread).not.toContain('\r\n0\r\n');
    expect(pool.stats.connections).toBe(0);
  });

  it('when it is made leaves the connection as it was', async () => {
    const server = await ScriptedServer.answering(() => ok('fine'));
    const pool = transport();
    const body = (): string[] => {
      throw new RangeError('none');
    };
    await expect(pool.send(asking(server.url, { body }))).rejects.toThrow(RangeError);
    expect(await (await pool.send(asking(server.url))).text()).toBe('fine');
    expect(server.peers).toHaveLength(1);
  });

  it.each(['text', Buffer.from('bytes')])(
    'by onUpload behind a body that went at once, too: %s',
    async (body) => {
      const server = await ScriptedServer.start();
      const pool = transport();
      const onUpload = (): never => {
        throw new RangeError('by a callback');
      };
      const asked = pool.send(asking(server.url, { body, onUpload }));
      const peer = await server.accept();
      await expect(asked).rejects.toThrow(RangeError);
      expect(await peer.ended()).toMatch(/FIN|RST/);
      expect(pool.stats.connections).toBe(0);
    },
  );

  it.each(['onUpload', 'trailers'] as const)(
    'by %s, too, and the iterator is not left open',
    async (name) => {
      const server = await ScriptedServer.start();
      const body = watchedBody(['a']);
      const thrown = (): never => {
        throw new RangeError('by a callback');
      };
      const asked = transport().send(asking(server.url, { body, [name]: thrown }));
      const peer = await server.accept();
      await expect(asked).rejects.toThrow(RangeError);
      expect(await peer.ended()).toMatch(/FIN|RST/);
      expect(body.isOpen).toBe(false);
    },
  );
});

describe('an iterator is returned', () => {
  it('once, where the server goes', async () => {
    const server = await ScriptedServer.start();
    const body = watchedBody(undefined);
    const asked = failure(transport().send(asking(server.url, { body })));
    const peer = await server.accept();
    await peer.head();
    peer.reset();
    expect(await asked).toBe('DISCONNECTED');
    expect(body.returned).toBe(1);
  });

  it('and its file closed, where the server goes while the body waits to be taken', async () => {
    const server = await ScriptedServer.start();
    const file = await open(await fileOf(Buffer.alloc(20_000_000)));
    const asked = failure(transport().send(asking(server.url, { body: { file, length: 20_000_000 } })));
    const peer = await server.accept();
    await peer.head();
    peer.stall();
    await standstill(() => peer.socket.bytesRead);
    peer.reset();
    expect(await asked).toBe('DISCONNECTED');
    await turnsUntil(() => file.fd === -1);
  });

  it('where the signal aborts', async () => {
    const server = await ScriptedServer.start();
    const abort = new AbortController();
    const body = watchedBody(undefined);
    const asked = failure(transport().send(asking(server.url, { body, signal: abort.signal })));
    await (await server.accept()).head();
    abort.abort();
    expect(await asked).toBe('ABORTED');
    expect(body.returned).toBe(1);
  });

  it('where the transport is aborted, and where close() finds its answer complete', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const body = watchedBody(undefined);
    const asked = failure(pool.send(asking(server.url, { body })));
    await (await server.accept()).head();
    pool.abort();
    expect(await asked).toBe('CLOSED');
    expect(body.returned).toBe(1);
  });

  it('whose file was never begun is closed: it waited in the queue', async () => {
    const server = await ScriptedServer.start();
    const pool = transport({ maxConnectionsPerOrigin: 1 });
    const first = failure(pool.send(asking(server.url)));
    await (await server.accept()).head();
    const file = await open(await fileOf('abc'));
    const abort = new AbortController();
    const asked = failure(pool.send(asking(server.url, { body: { file, length: 3 }, signal: abort.signal })));
    abort.abort();
    expect(await asked).toBe('ABORTED');
    await turnsUntil(() => file.fd === -1);
    pool.abort();
    expect(await first).toBe('CLOSED');
  });

  it('whose file was never begun is closed: there was no connection', async () => {
    const server = await ScriptedServer.start();
    const { url } = server;
    await server.stop();
    const file = await open(await fileOf('abc'));
    expect(await failure(transport().send(asking(url, { body: { file, length: 3 } })))).toBe('REFUSED');
    await turnsUntil(() => file.fd === -1);
  });

  it('whose file was never begun is closed: the request was none', async () => {
    const server = await ScriptedServer.start();
    const file = await open(await fileOf('abc'));
    const body = { file, length: 3 };
    expect(await failure(transport().send(asking(server.url, { body, method: 'a b' })))).toBe('BAD_REQUEST');
    await turnsUntil(() => file.fd === -1);
    const other = await open(await fileOf('abc'));
    expect(await failure(transport().send(asking('nowhere', { body: { file: other, length: 3 } })))).toBe(
      'BAD_REQUEST',
    );
    await turnsUntil(() => other.fd === -1);
  });
});

describe('back-pressure', () => {
  it.each([
    ['an iterable', undefined],
    ['bytes', Buffer.alloc(50_000_000)],
  ])('a server that reads nothing is sent no more than the kernel takes: %s', async (_, whole) => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const abort = new AbortController();
    const body = watchedBody(undefined, Buffer.alloc(65_536));
    let uploaded = 0;
    const asked = failure(
      pool.send(
        asking(server.url, {
          body: whole ?? body,
          signal: abort.signal,
          onUpload: (bytes) => (uploaded = bytes),
        }),
      ),
    );
    const peer = await server.accept();
    peer.stall();
    body.go();
    const taken = await standstill(() => uploaded);
    expect(taken).toBeGreaterThan(65_536);
    expect(taken).toBeLessThan(20_000_000);
    abort.abort();
    expect(await asked).toBe('ABORTED');
  });

  it('lifts: all of it arrives', async () => {
    const server = await ScriptedServer.start();
    let uploaded = 0;
    const all = Buffer.alloc(20_000_000, 'x');
    const asked = transport().send(
      asking(server.url, { body: all, onUpload: (bytes) => (uploaded = bytes) }),
    );
    const peer = await server.accept();
    peer.stall();
    await standstill(() => uploaded);
    peer.socket.resume();
    await peer.head();
    peer.unread = '';
    let left = all.length - peer.unread.length;
    peer.socket.on('data', (text: string) => (left -= text.length));
    await turnsUntil(() => uploaded === all.length);
    await turnsUntil(() => peer.socket.bytesRead >= all.length);
    peer.send(ok('all'));
    expect(await (await asked).text()).toBe('all');
  });
});

describe('progress', () => {
  it.each([
    ['text', 'äbc', [[4, 4]]],
    [
      'pieces',
      ['ab', 'c'],
      [
        [2, undefined],
        [3, undefined],
      ],
    ],
  ] as const)('is told of %s', async (_, body, expected) => {
    const server = await ScriptedServer.answering(() => ok());
    const told: [number, number | undefined][] = [];
    await transport().send(asking(server.url, { body, onUpload: (...progress) => told.push(progress) }));
    expect(told).toEqual(expected);
  });

  it('is told with the total where that is known', async () => {
    const server = await ScriptedServer.answering(() => ok());
    const told: [number, number | undefined][] = [];
    const headers = [['Content-Length', '3']] as const;
    await transport().send(
      asking(server.url, { body: ['ab', 'c'], headers, onUpload: (...progress) => told.push(progress) }),
    );
    expect(told).toEqual([
      [2, 3],
      [3, 3],
    ]);
  });
});

describe('an answer before the end of the upload', () => {
  it.each(['401 Unauthorized', '413 Content Too Large', '302 Found'])(
    '%s stops it, is given, and ends the connection',
    async (status) => {
      const server = await ScriptedServer.start();
      const pool = transport();
      const body = watchedBody(undefined);
      const watched = new WatchedSignal();
      const { signal } = watched;
      const asked = pool.send(asking(server.url, { body, signal }));
      const peer = await server.accept();
      await peer.head();
      peer.send(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`);
      const response = await asked;
      expect(response.status).toBe(Number(status.slice(0, 3)));
      expect(await response.text()).toBe('no');
      expect(body.returned).toBe(1);
      expect(await peer.ended()).toBe('FIN');
      expect(peer.unread).not.toContain('0\r\n\r\n');
      expect(pool.stats.connections).toBe(0);
      expect(watched.listeners).toBe(0);
    },
  );

  it('a 413 whose connection is reset behind it is given still', async () => {
    const server = await ScriptedServer.start();
    const body = watchedBody(undefined);
    const asked = transport().send(asking(server.url, { body }));
    const peer = await server.accept();
    await peer.head();
    peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch');
    const response = await asked;
    expect(await response.text()).toBe('much');
    peer.reset();
    expect(body.returned).toBe(1);
  });

  it('a 200 lets it go on, and the connection is kept once both are complete', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const { opened, open: goOn } = gate();
    const watched = new WatchedSignal();
    const { signal } = watched;
    const body = async function* (): AsyncGenerator<string> {
      yield 'early';
      await opened;
      yield 'late';
    };
    const asked = pool.send(asking(server.url, { body, signal }));
    const peer = await server.accept();
    await peer.through('early\r\n');
    peer.send(ok('already'));
    expect(await (await asked).text()).toBe('already');
    expect(pool.stats).toEqual({ origins: 1, connections: 1, idle: 0, waiting: 0 });
    goOn();
    expect(await peer.through('0\r\n\r\n')).toBe('4\r\nlate\r\n0\r\n\r\n');
    await turnsUntil(() => pool.stats.idle === 1);
    expect(watched.listeners).toBe(0);
    const next = pool.send(asking(server.url));
    await peer.request();
    peer.send(ok('next'));
    expect(await (await next).text()).toBe('next');
  });

  it('a 200 and a FIN behind it stop it: an endless body is not read to nowhere', async () => {
    const server = await ScriptedServer.start();
    const pool = transport();
    const watched = new WatchedSignal();
    const { signal } = watched;
    const body = watchedBody(undefined);
    const asked = pool.send(asking(server.url, { body, signal }));
    const peer = await server.accept();
    await peer.head();
    peer.send(ok('enough'));
    peer.fin();
    expect(await (await asked).text()).toBe('enough');
    await turnsUntil(() => pool.stats.connections === 0);
    expect(body.returned).toBe(1);
    expect(watched.listeners).toBe(0);
  });

  it.each(['', 'Connection: close\r\n'])(
    'both ways at once: what comes is read while the body is made of it; %j',
    async (fields) => {
      const server = await ScriptedServer.start();
      const heard: string[] = [];
      const waiting: (() => void)[] = [];
      const body = async function* (): AsyncGenerator<string> {
        for (let i = 0; i < 3; i++) {
          yield `ask ${String(i)};`;
          while (heard.length <= i) await new Promise<void>((resolve) => waiting.push(resolve));
        }
      };
      const asked = transport().send(asking(server.url, { body }));
      const peer = await server.accept();
      await peer.head();
      peer.send(`HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`);
      const response = await asked;
      const reading = (async () => {
        for await (const chunk of response.body) {
          heard.push(Buffer.from(chunk).toString());
          for (const resolve of waiting.splice(0)) resolve();
        }
      })();
      for (let i = 0; i < 3; i++) {
        await peer.through(`ask ${String(i)};`);
        peer.send(`1\r\n${String(i)}\r\n`);
      }
      await peer.through('0\r\n\r\n');
      peer.send('0\r\n\r\n');
      await reading;
      expect(heard).toEqual(['0', '1', '2']);
    },
  );
});
