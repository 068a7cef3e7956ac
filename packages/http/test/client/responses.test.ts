import { describe, expect, it } from 'vitest';
import { standstill, turn, turnsUntil } from '../server/harness.ts';
import { asking, client, failure, transport } from './support/asking.ts';
import { ok, ScriptedServer, type Peer } from './support/scripted-server.ts';

type Pool = ReturnType<typeof transport>;

/** A request that the server has read. */
async function asked(
  pool: Pool,
  options: Parameters<typeof asking>[1] = {},
): Promise<{ server: ScriptedServer; peer: Peer; answer: ReturnType<Pool['send']> }> {
  const server = await ScriptedServer.start();
  const answer = pool.send(asking(server.url, options));
  answer.catch(() => undefined);
  const peer = await server.accept();
  await peer.request();
  return { server, peer, answer };
}

/** All that a program gets to know of an answer. */
async function told(
  pool: Pool,
  wire: string,
  method: string,
  cut: number | 'bytes' | undefined,
  end = false,
): Promise<unknown> {
  const hints: string[] = [];
  const { peer, answer } = await asked(pool, {
    method,
    onInformational: (status, headers) => hints.push(`${String(status)} ${String(headers.get('link'))}`),
  });
  const parts =
    cut === undefined ? [wire] : cut === 'bytes' ? [...wire] : [wire.slice(0, cut), wire.slice(cut)];
  for (const part of parts) {
    if (part !== '') await peer.sent(part);
    await turn();
  }
  if (end) peer.fin();
  const response = await answer;
  const { status, reason, version } = response;
  const body = await response.body.bytes().then(
    (bytes) => Buffer.from(bytes).toString('latin1'),
    (error: unknown) => (error as { code: string }).code,
  );
  const trailers = response.trailers === undefined ? undefined : [...response.trailers];
  const isKept = pool.stats.connections > 0;
  peer.destroy();
  await turnsUntil(() => pool.stats.connections === 0);
  return { status, reason, version, headers: [...response.headers], body, trailers, hints, isKept };
}

const answers: [name: string, wire: string, method: string, ends: boolean, expected: object][] = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello',
    'GET',
    false,
    { body: 'hello', isKept: true },
  ],
  [
    'no body',
    'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    'GET',
    false,
    { body: '', reason: '', isKept: true },
  ],
  [
    'chunks and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n',
    'GET',
    false,
    { body: 'abcde', trailers: [['T', '1']], isKept: true },
  ],
  [
    'the end of the connection',
    'HTTP/1.1 200 OK\r\n\r\nuntil the end',
    'GET',
    true,
    { body: 'until the end', isKept: false },
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nold', 'GET', true, { body: 'old', version: '1.0', isKept: false }],
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', 'HEAD', false, { body: '', isKept: true }],
  [
    'HEAD in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HEAD',
    false,
    { body: '', isKept: true },
  ],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET', false, { body: '', status: 204, isKept: true }],
  [
    '304',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
    'GET',
    false,
    { body: '', status: 304, isKept: true },
  ],
  [
    'informational answers before',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' + ok('final'),
    'GET',
    false,
    { body: 'final', hints: ['103 </a>', '102 undefined'], isKept: true },
  ],
];

describe('an answer is the same however it is cut', () => {
  it.each(answers)('%s', async (_, wire, method, ends, expected) => {
    const pool = transport();
    const whole = await told(pool, wire, method, undefined, ends);
    expect(whole).toMatchObject(expected);
    for (let cut = 1; cut < wire.length; cut++) {
      expect(await told(pool, wire, method, cut, ends), `cut at ${String(cut)}`).toEqual(whole);
    }
    expect(await told(pool, wire, method, 'bytes', ends)).toEqual(whole);
  });
});

describe('an answer that is cut short at any length', () => {
  const wires: [name: string, wire: string][] = [
    ['with a length', ok('hello', 'X: y\r\n')],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n'],
    ['behind an informational one', 'HTTP/1.1 100 Continue\r\n\r\n' + ok('x')],
  ];
  it.each(wires)('is an error: %s', async (_, wire) => {
    const pool = transport();
    for (let length = 0; length < wire.length; length++) {
      const { peer, answer } = await asked(pool);
      peer.send(wire.slice(0, length));
      peer.fin();
      const outcome = await failure(answer.then((response) => response.text()));
      expect(outcome, `after ${String(length)}`).toBe(length === 0 ? 'DISCONNECTED' : 'TRUNCATED');
      expect(pool.stats.connections).toBe(0);
    }
  });

  it('gives what came of its body, and then rejects', async () => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const { body } = await answer;
    peer.fin();
    await turn();
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    })();
    await expect(reading).rejects.toMatchObject({ name: 'HttpProtocolError', code: 'TRUNCATED' });
    expect(chunks).toEqual(['abc']);
    expect(body.trailers).toBeUndefined();
  });

  it('by a reset is told with the reason of the network', async () => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const response = await answer;
    expect(Buffer.from((await response.body.read()) ?? []).toString()).toBe('abc');
    peer.reset();
    await expect(response.body.read()).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  it.each(['text', 'bytes', 'json'] as const)('makes %s() reject', async (read) => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"abc"');
    peer.fin();
    const response = await answer;
    expect(await failure(response[read]())).toBe('TRUNCATED');
  });
});

describe('what is no answer', () => {
  const wires: [name: string, wire: string, code: string][] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'BAD_VERSION'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'BAD_CONTENT_LENGTH',
    ],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'CONFLICTING_FRAMING',
    ],
    ['a NUL in a field', 'HTTP/1.1 200 OK\r\nX: y\0\r\n\r\n', 'BAD_FIELD_VALUE'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', 'UNSUPPORTED_VERSION'],
    ['a head of 20 KB', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 'HEAD_TOO_LARGE'],
    [
      'a change of protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      'UNSOLICITED',
    ],
  ];
  it.each(wires)('%s rejects, and ends the connection', async (_, wire, code) => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send(wire);
    const error = await answer.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'HttpProtocolError', code });
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats.connections).toBe(0);
  });

  it('in the middle of a body rejects the reading of that', async () => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
    expect(await failure((await answer).text())).toBe('BAD_CHUNK');
    expect(await peer.ended()).toMatch(/FIN|RST/);
  });

  it('an endless row of informational ones is cut off', async () => {
    const hints: number[] = [];
    const { peer, answer } = await asked(transport(), { onInformational: (status) => hints.push(status) });
    peer.send('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000));
    expect(await failure(answer)).toBe('TOO_MANY_INFORMATIONAL');
    expect(hints).toHaveLength(32);
    expect(await peer.ended()).toMatch(/FIN|RST/);
  });

  it.each(['onInformational', 'onDownload'] as const)(
    'is none where %s throws: the request fails with that',
    async (name) => {
      const thrown = (): never => {
        throw new RangeError('by a callback');
      };
      const { peer, answer } = await asked(transport(), { [name]: thrown });
      peer.send('HTTP/1.1 103 Early Hints\r\n\r\n' + ok('x'));
      await expect(answer.then((response) => response.text())).rejects.toThrow(RangeError);
      expect(await peer.ended()).toMatch(/FIN|RST/);
    },
  );
});

describe('a change of protocol', () => {
  const headers = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'echo'],
  ] as const;
  const accepted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

  it('that was asked for gives the stream, and what came behind the answer first', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool, { headers });
    peer.send(accepted + 'first ');
    const { status, upgraded } = await answer;
    expect(status).toBe(101);
    expect(pool.stats.connections).toBe(0);
    peer.send('second');
    let text = '';
    while (text.length < 12) text += Buffer.from((await upgraded?.read()) ?? []).toString();
    expect(text).toBe('first second');
    await upgraded?.write('back');
    expect(await peer.take(4)).toBe('back');
    await upgraded?.close();
    expect(await peer.ended()).toBe('FIN');
  });

  it('is not undone by the signal, nor by the client’s end', async () => {
    const pool = transport();
    const abort = new AbortController();
    const { peer, answer } = await asked(pool, { headers, signal: abort.signal });
    peer.send(accepted);
    const { upgraded } = await answer;
    abort.abort();
    pool.abort();
    await upgraded?.write('still');
    expect(await peer.take(5)).toBe('still');
    upgraded?.abort();
  });

  it('upgrade() of a client rejects for any other answer, and its connection can be used again', async () => {
    const server = await ScriptedServer.answering(({ target }) => ok(target));
    const asking = client();
    await expect(asking.upgrade(`${server.url}/a`, 'echo')).rejects.toMatchObject({
      code: 'UPGRADE_REFUSED',
      status: 200,
    });
    expect(await (await asking.request(`${server.url}/b`)).text()).toBe('/b');
    expect(server.peers).toHaveLength(1);
  });

  it('upgrade() of a client gives the stream', async () => {
    const server = await ScriptedServer.start();
    const upgrading = client().upgrade(server.url, 'echo', { headers: { 'X-Key': '1' } });
    const peer = await server.accept();
    const { head } = await peer.request();
    expect(head).toContain('\r\nConnection: Upgrade\r\nUpgrade: echo\r\n');
    expect(head).toContain('\r\nX-Key: 1\r\n');
    peer.send(accepted);
    const { upgraded } = await upgrading;
    await upgraded.write('x');
    expect(await peer.take(1)).toBe('x');
    upgraded.abort();
  });
});

describe('a body that is not read to its end', () => {
  it('is cancelled by leaving a loop, and the connection ends', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    const { body } = await answer;
    for await (const chunk of body) {
      expect(Buffer.from(chunk).toString()).toBe('abc');
      break;
    }
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats.connections).toBe(0);
    expect(await failure(body.read())).toBe('ABORTED');
    expect(await failure(body.bytes())).toBe('BODY_USED');
  });

  it('is cancelled with a reason, which later reads reject with', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    const { body } = await answer;
    const reading = body.read();
    expect(Buffer.from((await reading) ?? []).toString()).toBe('abc');
    const waiting = body.read();
    body.cancel('not wanted');
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: 'not wanted' });
    await expect(body.read()).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await peer.ended()).toMatch(/FIN|RST/);
  });

  it('that has come in full is cancelled without harm to the connection', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send(ok('all of it'));
    const { body } = await answer;
    body.cancel();
    expect(await failure(body.read())).toBe('ABORTED');
    expect(pool.stats.idle).toBe(1);
  });

  it('is discarded, and the connection is used again', async () => {
    const pool = transport();
    const { peer, answer, server } = await asked(pool);
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(30_000)}`);
    const { body } = await answer;
    const discarded = body.discard();
    peer.send('x'.repeat(30_000));
    await discarded;
    expect(pool.stats.idle).toBe(1);
    const next = pool.send(asking(server.url));
    await peer.request();
    peer.send(ok('next'));
    expect(await (await next).text()).toBe('next');
  });

  it('is not discarded for longer than it costs: then the connection ends', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n${'x'.repeat(300_000)}`);
    await (await answer).body.discard();
    expect(await peer.ended()).toMatch(/FIN|RST/);
    expect(pool.stats.connections).toBe(0);
  });

  it('and is small leaves its connection free', async () => {
    const pool = transport();
    const { peer, answer, server } = await asked(pool);
    const { body } = await (peer.send(ok('unread'.repeat(1000))), answer);
    await turnsUntil(() => pool.stats.idle === 1);
    const next = pool.send(asking(server.url));
    await peer.request();
    peer.send(ok('next'));
    expect(await (await next).text()).toBe('next');
    expect((await body.bytes()).length).toBe(6000);
  });

  it.each([
    ['with a length', `HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n`, (piece: string) => piece],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n`,
    ],
    [
      'in chunks of a byte',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      (piece: string) => '1\r\nx\r\n'.repeat(piece.length / 6),
    ],
  ])('and is large makes the server wait: %s', async (_, head, frame) => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    peer.send(head);
    let received = 0;
    const response = await answer;
    const framed = Buffer.from(frame('x'.repeat(60_000)), 'latin1');
    let taken = 0;
    let isBlocked = false;
    while (!isBlocked && taken < 40_000_000) {
      taken += framed.length;
      if (!peer.socket.write(framed)) {
        const before = peer.socket.bytesWritten;
        await standstill(() => peer.socket.bytesWritten - peer.socket.writableLength + before);
        isBlocked = peer.socket.writableNeedDrain;
      }
    }
    expect(isBlocked).toBe(true);
    const chunk = await response.body.read();
    received += chunk?.length ?? 0;
    expect(received).toBeGreaterThan(0);
    response.body.cancel();
  });

  it('and then is read brings all of it', async () => {
    const pool = transport();
    const { peer, answer } = await asked(pool);
    const all = Buffer.alloc(5_000_000);
    for (let at = 0; at < all.length; at += 4) all.writeUInt32BE(at, at);
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${String(all.length)}\r\n\r\n`);
    peer.send(all);
    const response = await answer;
    await standstill(() => peer.socket.writableLength);
    expect(peer.socket.writableLength).toBeGreaterThan(0);
    expect(Buffer.compare(await response.bytes(), all)).toBe(0);
    await turnsUntil(() => pool.stats.idle === 1);
  });
});

describe('reading a body', () => {
  /** An answer that is there. */
  async function response(body: string | Buffer, fields = ''): ReturnType<Pool['send']> {
    const { peer, answer } = await asked(transport());
    peer.send(`HTTP/1.1 200 OK\r\n${fields}Content-Length: ${String(body.length)}\r\n\r\n`);
    peer.send(body);
    return answer;
  }

  it('can be done once, by whichever means', async () => {
    const one = await response('x');
    expect(await one.text()).toBe('x');
    await expect(one.text()).rejects.toMatchObject({ name: 'HttpUsageError', code: 'BODY_USED' });
    expect(await failure(one.bytes())).toBe('BODY_USED');
    await expect(one.body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BODY_USED' });
  });

  it('is refused above a limit, before it has all come', async () => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n' + 'x'.repeat(2000));
    expect(await failure((await answer).bytes(1000))).toBe('BODY_TOO_LARGE');
    expect(await peer.ended()).toMatch(/FIN|RST/);
  });

  it('is done up to the limit, and not a byte above', async () => {
    expect((await (await response('x'.repeat(1000))).bytes(1000)).length).toBe(1000);
    expect(await failure((await response('x'.repeat(1001))).bytes(1000))).toBe('BODY_TOO_LARGE');
    expect(await failure((await response('x'.repeat(1001))).text(1000))).toBe('BODY_TOO_LARGE');
    expect(await failure((await response('1'.repeat(11))).json(10))).toBe('BODY_TOO_LARGE');
  });

  it.each([
    [undefined, Buffer.from('hällo'), 'hällo'],
    ['text/plain', Buffer.from('\ufeffhällo'), 'hällo'],
    ['text/plain; charset=utf-8', Buffer.from('hällo'), 'hällo'],
    ['text/plain; charset="ISO-8859-1"', Buffer.from('hällo', 'latin1'), 'hällo'],
    ['text/plain;charset=utf-16le', Buffer.from('hällo', 'utf16le'), 'hällo'],
    ['text/plain; CHARSET=Shift_JIS', Buffer.from([0x82, 0xa0]), 'あ'],
    ['text/plain; charset=no-such', Buffer.from('hällo'), 'hällo'],
    ['text/plain; charset=utf-8', Buffer.from([0xff, 0x41]), '\ufffdA'],
  ])('as text: %s', async (type, bytes, text) => {
    const fields = type === undefined ? '' : `Content-Type: ${type}\r\n`;
    expect(await (await response(bytes, fields)).text()).toBe(text);
  });

  it('as JSON is UTF-8, whatever is said of it, with a BOM or without', async () => {
    const fields = 'Content-Type: application/json; charset=latin1\r\n';
    expect(await (await response(Buffer.from('{"a":"ü"}'), fields)).json()).toEqual({ a: 'ü' });
    expect(await (await response(Buffer.from('\ufeff[1]'))).json()).toEqual([1]);
    await expect((await response('{')).json()).rejects.toThrow(SyntaxError);
  });

  it('is told of as it arrives', async () => {
    const progress: [number, number | undefined][] = [];
    const { peer, answer } = await asked(transport(), { onDownload: (...now) => progress.push(now) });
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    const { body } = await answer;
    await body.read();
    peer.send('def');
    await body.read();
    expect(progress).toEqual([
      [3, 6],
      [6, 6],
    ]);
  });

  it('one read at a time', async () => {
    const { peer, answer } = await asked(transport());
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n');
    const { body } = await answer;
    const first = body.read();
    await expect(body.read()).rejects.toMatchObject({ code: 'BUSY' });
    peer.send('abcdef');
    expect(Buffer.from((await first) ?? []).toString()).toBe('abcdef');
    expect(await body.read()).toBeUndefined();
    expect(await body.read()).toBeUndefined();
  });
});

it('what came may be kept: no chunk is written over by the next', async () => {
  const { peer, answer } = await asked(transport());
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n');
  const { body } = await answer;
  for (const letter of 'abc') peer.send(letter.repeat(100_000));
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString('latin1')).toBe(
    'a'.repeat(100_000) + 'b'.repeat(100_000) + 'c'.repeat(100_000),
  );
});
