import { encodeAll } from '@wirestack/framing';
import { connect, socketPair } from '@wirestack/socket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  jsonRpc,
  Peer,
  service,
  serveRpc,
  connectRpc,
  type PeerOptions,
  type RpcError,
} from '../src/index.ts';
import { answer, facing, fault, notification, request } from './raw-end.ts';

const framings = ['length-prefix', 'newline', 'content-length'] as const;
type Framing = (typeof framings)[number];
const called: unknown[] = [];
const api = service({
  echo: (...params: unknown[]) => params,
  mark: (value: unknown) => void called.push(value),
  later: async (value: unknown) => Promise.resolve(value),
});

function framed(framing: Framing, ...messages: readonly (object | string)[]): Uint8Array {
  const texts = messages.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return encodeAll(
    jsonRpc({ framing }).framing,
    texts.map((text) => Buffer.from(text)),
  );
}

/** What comes back for these bytes, sent in these pieces and then ended, until the other side ends too. */
async function answersTo(
  framing: Framing,
  pieces: readonly Uint8Array[],
  options: PeerOptions = {},
): Promise<unknown[]> {
  const [left, right] = socketPair();
  const { framing: codec } = jsonRpc({ framing });
  const peer = new Peer(right, jsonRpc({ framing }), { service: api, ...options });
  for (const piece of pieces) void left.write(piece).catch(() => undefined);
  void left.shutdown('write').catch(() => undefined);
  const decoder = codec.decoder();
  const got: unknown[] = [];
  for (let chunk; (chunk = await left.read()) !== undefined;) {
    decoder.push(chunk);
    for (let frame; (frame = decoder.next()) !== undefined;)
      got.push(JSON.parse(Buffer.from(frame).toString()));
  }
  await peer.closed;
  expect(peer.inFlight).toBe(0);
  return got;
}

describe.each(framings)('over %s', (framing) => {
  it('a message is understood however its bytes are cut', async () => {
    const bytes = framed(framing, request(1, 'echo', 'größe 👍'), [
      request(2, 'later', 'x'),
      notification('mark', 0),
    ]);
    const expected = [answer(1, ['größe 👍']), [answer(2, 'x')]];
    expect(
      await answersTo(
        framing,
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(expected);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await answersTo(framing, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
  });

  it('a message cut short is never run, at whatever length', async () => {
    const errors: unknown[] = [];
    const whole = framed(framing, notification('mark', 'whole'));
    const bytes = Buffer.concat([whole, framed(framing, notification('mark', 'cut'))]);
    // A line without its newline is all there, and is run: the last byte of a line is none of the message.
    const complete = framing === 'newline' ? bytes.length - 1 : bytes.length;
    for (let length = whole.length; length < complete; length++) {
      called.length = 0;
      await answersTo(framing, [bytes.subarray(0, length)], { onError: (error) => errors.push(error) });
      expect(called).toEqual(['whole']);
    }
    called.length = 0;
    await answersTo(framing, [bytes]);
    expect(called).toEqual(['whole', 'cut']);
    expect(errors.length).toBe(complete - whole.length - 1);
  });

  it('arrays 200,000 deep are a parse error, and the connection lives', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(200_000)}1${close.repeat(200_000)}`;
      const text = `{"jsonrpc":"2.0","id":1,"method":"echo","params":[${deep}]}`;
      const got = await answersTo(framing, [framed(framing, text, open.repeat(200_000), request(2, 'echo'))]);
      expect(got).toEqual([
        fault(null, -32700, 'Parse error: nested deeper than 512'),
        fault(null, -32700, 'Parse error: nested deeper than 512'),
        answer(2, []),
      ]);
    }
  });

  it('random bytes never break the peer, nor leave it hanging', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), async (pieces) => {
        const got = await answersTo(framing, pieces);
        for (const one of got) expect(one).toMatchObject({ jsonrpc: '2.0' });
      }),
      { numRuns: 200 },
    );
  });

  it('random JSON in a frame is answered or ignored, and the next call is answered', async () => {
    const piece = fc.record(
      {
        jsonrpc: fc.constantFrom('2.0', '1.0', 2),
        id: fc.jsonValue(),
        method: fc.oneof(fc.constantFrom('echo', 'later', '__proto__', '$/cancelRequest'), fc.jsonValue()),
        params: fc.jsonValue(),
        result: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const message = fc.oneof(piece, fc.array(piece, { maxLength: 4 }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 6 }), async (messages) => {
        const texts = messages.map((one) => JSON.stringify(one));
        const got = await answersTo(framing, [
          framed(framing, ...texts, request('the last', 'echo', 'lives')),
        ]);
        expect(got).toContainEqual(answer('the last', ['lives']));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a length that lies', () => {
  it.each(['-5', 'abc', '5abc', '0x36', '', '1e3', '+5', '5, 6', '٣'])(
    'Content-Length: %s ends the connection with an error answer',
    async (length) => {
      const errors: unknown[] = [];
      const bytes = Buffer.from(`Content-Length: ${length}\r\n\r\n${JSON.stringify(request(1, 'mark', 1))}`);
      called.length = 0;
      const got = await answersTo('content-length', [bytes], { onError: (error) => errors.push(error) });
      expect(got).toMatchObject([{ id: null, error: { code: -32700 } }]);
      expect(errors).toMatchObject([{ name: 'RpcError', code: 'PROTOCOL' }]);
      expect(called).toEqual([]);
    },
  );

  it.each([
    ['length-prefix', Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0x7b)],
    ['content-length', Buffer.from('Content-Length: 2147483647\r\n\r\n{')],
    ['newline', Buffer.alloc(8 * 1024 * 1024 + 2, '1')],
  ] as const)(
    'of two gigabytes over %s is refused on its word, after earlier calls are answered',
    async (framing, bytes) => {
      const errors: unknown[] = [];
      const first = framed(framing, request(1, 'echo', 1));
      const got = await answersTo(framing, [Buffer.concat([first, bytes])], {
        onError: (error) => errors.push(error),
      });
      expect(got).toMatchObject([answer(1, [1]), { id: null, error: { code: -32700 } }]);
      expect(errors).toMatchObject([{ code: 'TOO_LARGE' }]);
    },
  );

  it('from the server rejects what waits, with the reason', async () => {
    const [left, right] = socketPair();
    const peer = new Peer(left, jsonRpc({ framing: 'content-length' }));
    const call = peer.call('f', []);
    void right.write('Content-Length: 9999999999\r\n\r\n');
    await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'TOO_LARGE' });
    await expect(peer.call('f', [])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    void right.close();
    await peer.closed;
  });
});

describe('messages that are none', () => {
  it('get the answers of the specification, and the connection lives', async () => {
    const { peer, raw } = facing({ service: api });
    const invalid = (id: unknown): object => fault(id, -32600, 'Invalid Request');
    const parse = fault(null, -32700, 'Parse error: not JSON');
    const cases: readonly [unknown, object | object[]][] = [
      ['{', parse],
      ['nonsense', parse],
      ['{"jsonrpc":"2.0","id":1,"method":"echo"}}', parse],
      ['\ufeff{}', parse],
      ['1', invalid(null)],
      ['null', invalid(null)],
      ['"text"', invalid(null)],
      ['{}', invalid(null)],
      [{ jsonrpc: '2.0', id: 5 }, invalid(5)],
      [{ id: 5, method: 'echo' }, invalid(5)],
      [{ jsonrpc: '1.0', id: 5, method: 'echo' }, invalid(5)],
      [{ jsonrpc: 2, id: 5, method: 'echo' }, invalid(5)],
      [{ jsonrpc: '2.0', id: 5, method: ['echo'] }, invalid(5)],
      [{ jsonrpc: '2.0', id: 5, method: 'echo', params: 'x' }, invalid(5)],
      [{ jsonrpc: '2.0', id: 5, method: 'echo', params: null }, invalid(5)],
      [{ jsonrpc: '2.0', id: {}, method: 'echo' }, invalid(null)],
      [{ jsonrpc: '2.0', id: [1], method: 'echo' }, invalid(null)],
      [{ jsonrpc: '2.0', id: true, method: 'echo' }, invalid(null)],
      ['{"jsonrpc":"2.0","id":9007199254740993,"method":"echo"}', invalid(null)],
      ['{"jsonrpc":"2.0","id":-9007199254740992,"method":"echo"}', invalid(null)],
      ['{"jsonrpc":"2.0","id":1e400,"method":"echo"}', invalid(null)],
      ['{"jsonrpc":"2.0","id":-9007199254740991,"method":"echo"}', answer(-9007199254740991, [])],
      ['{"jsonrpc":"2.0","id":1.5,"method":"echo"}', answer(1.5, [])],
      [[[request(1, 'echo')]], [invalid(null)]],
      [
        [[], 1],
        [invalid(null), invalid(null)],
      ],
      ['{"__proto__":{"jsonrpc":"2.0","id":1,"method":"echo"}}', invalid(null)],
    ];
    for (const [sent, expected] of cases) {
      raw.send(sent);
      expect(await raw.next()).toEqual(expected);
    }
    raw.send(request(6, 'echo', 'alive'));
    expect(await raw.next()).toEqual(answer(6, ['alive']));
    await peer.close();
  });

  it('in bytes that are no UTF-8 are refused, and U+FFFD itself is not', async () => {
    const text = JSON.stringify(request(1, 'echo', 'X'));
    const at = text.indexOf('X');
    for (const bad of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xc3], [0xf4, 0x90, 0x80, 0x80]]) {
      const bytes = Buffer.concat([
        Buffer.from(text.slice(0, at)),
        Buffer.from(bad),
        Buffer.from(`${text.slice(at + 1)}\n`),
      ]);
      expect(await answersTo('newline', [bytes])).toEqual([fault(null, -32700, 'Parse error: not UTF-8')]);
    }
    expect(await answersTo('newline', [framed('newline', request(1, 'echo', '\ufffd'))])).toEqual([
      answer(1, ['\ufffd']),
    ]);
  });

  it('from one client do not keep others from their answers', async () => {
    const codec = jsonRpc({ framing: 'content-length' });
    await using server = await serveRpc('tcp://127.0.0.1:0', api, { codec });
    const good = await connectRpc<typeof api>(server.address, { codec });
    const bad = await connect(server.address);
    await bad.write('garbage\r\n\r\n');
    let told = '';
    for await (const chunk of bad) told += Buffer.from(chunk).toString();
    expect(told).toContain('"id":null,"error":{"code":-32700');
    await bad.close();
    expect(await good.echo(1)).toEqual([1]);
    await server.drain();
  });

  it('as answers are told to onError, and never answered', async () => {
    const errors: unknown[] = [];
    const { peer, raw } = facing({ service: api, onError: (error) => errors.push(error) });
    raw.send(
      { jsonrpc: '2.0', result: 1 },
      { jsonrpc: '2.0', id: {}, result: 1 },
      { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
      { jsonrpc: '2.0', id: null, error: 'text' },
      [
        { jsonrpc: '2.0', id: 7, result: 1 },
        { jsonrpc: '2.0', id: 8, error: null },
      ],
      request(1, 'echo'),
    );
    expect(await raw.next()).toEqual(answer(1, []));
    expect((errors as RpcError[]).map(({ code }) => code)).toEqual([
      'PROTOCOL',
      'PROTOCOL',
      'PROTOCOL',
      'PROTOCOL',
    ]);
    await peer.close();
  });

  it('in the error of an answer become a fault all the same', async () => {
    const { peer, raw } = facing();
    const odd = ['text', 5, true, [], {}, { code: 'ENOENT' }, { code: 1.5, message: 7 }];
    const calls = odd.map(() => peer.call('f', []));
    raw.send(
      ...odd.map((error, i) => ({ jsonrpc: '2.0', id: i + 1, error })),
      '{"jsonrpc":"2.0","id":8,"error":{"code":1e999,"message":"x"}}',
    );
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ name: 'RpcFault', code: -32603, message: '' });
    await peer.close();
  });
});

describe('ids', () => {
  it('null is one: the request is answered', async () => {
    const { peer, raw } = facing({ service: api });
    raw.send(
      request(null, 'echo', 1),
      request(null, 'later', 2),
      request(null, 'later', 3),
      request(null, 'none'),
    );
    expect(await raw.take(4)).toEqual(
      expect.arrayContaining([
        answer(null, [1]),
        answer(null, 2),
        answer(null, 3),
        fault(null, -32601, 'Method not found'),
      ]),
    );
    await peer.close();
  });

  it.each([0, -1, 1.5, '', '1', 'x'.repeat(1000), 9007199254740991])(
    'come back as they were sent: %j',
    async (id) => {
      const { peer, raw } = facing({ service: api });
      raw.send(request(id, 'echo'));
      expect(await raw.next()).toEqual(answer(id, []));
      await peer.close();
    },
  );

  it('in use are refused, apart from those of another type, and may be used again after the answer', async () => {
    const { peer, raw } = facing({ service: api });
    raw.send(request(1, 'later', 'a'), request(1, 'later', 'b'), request('1', 'later', 'c'));
    expect(await raw.take(3)).toEqual([
      fault(1, -32600, 'Invalid Request: the id is in use'),
      answer(1, 'a'),
      answer('1', 'c'),
    ]);
    raw.send(request(1, 'later', 'd'));
    expect(await raw.next()).toEqual(answer(1, 'd'));
    await peer.close();
  });
});

describe('batches', () => {
  it('beyond the limit run nothing and are refused as a whole', async () => {
    called.length = 0;
    const { peer, raw } = facing({ service: api }, { maxBatch: 3 });
    raw.send(
      Array.from({ length: 4 }, () => notification('mark', 1)),
      Array.from({ length: 3 }, (_, i) => request(i, 'echo')),
    );
    expect(await raw.take(2)).toEqual([
      fault(null, -32600, 'Invalid Request: a batch of 4, the limit is 3'),
      [answer(0, []), answer(1, []), answer(2, [])],
    ]);
    expect(called).toEqual([]);
    await peer.close();
  });
});

describe('members that objects inherit', () => {
  it('stay plain members on their way there and back', async () => {
    const { peer, raw } = facing({ service: api });
    const text =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":1,"then":2}';
    raw.send(`{"jsonrpc":"2.0","id":1,"method":"echo","params":[${text}]}`);
    const got = (await raw.next()) as { result: [object] };
    expect(JSON.stringify(got.result[0])).toBe(text);
    expect(Object.keys(got.result[0])).toEqual(['__proto__', 'constructor', 'toJSON', 'then']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    raw.send(`{"jsonrpc":"2.0","id":2,"method":"echo","params":${text}}`);
    expect(JSON.stringify(((await raw.next()) as { result: [object] }).result[0])).toBe(text);
    await peer.close();
  });
});
