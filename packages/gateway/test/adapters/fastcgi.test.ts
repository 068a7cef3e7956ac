import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { serveFastCgi, type Application, type Environ, type FastCgiOptions } from '@wirestack/gateway';
import { socketPair, type Address, type ByteStream } from '@wirestack/socket';
import { FastCgiConnection } from '../../src/adapters/fastcgi/fastcgi-connection.ts';
import { readPairs, writePairs } from '../../src/adapters/fastcgi/pairs.ts';
import {
  RecordDecoder,
  recordType,
  writeRecord,
  type FastCgiRecord,
} from '../../src/adapters/fastcgi/records.ts';
import { dial, gate, keeping } from '../peer.ts';

interface Served {
  readonly address: Address;
  readonly errors: unknown[];
}

async function serving(app: Application, options: FastCgiOptions = {}): Promise<Served> {
  const errors: unknown[] = [];
  const server = await serveFastCgi('127.0.0.1:0', app, {
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(() => server.drain({ timeoutMs: 0 }));
  return { address: server.address, errors };
}

const begin = (id = 1, { keep = false, role = 1 } = {}): Buffer =>
  writeRecord(recordType.BEGIN_REQUEST, id, Buffer.of(0, role, keep ? 1 : 0, 0, 0, 0, 0, 0));
const none = Buffer.alloc(0);

interface RequestParts {
  readonly id?: number;
  readonly keep?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** All records of a request. */
function requestOf({ id = 1, keep = false, variables = {}, body = '' }: RequestParts = {}): Buffer {
  const all = { REQUEST_METHOD: 'GET', REQUEST_URI: '/', ...variables };
  return Buffer.concat([
    begin(id, { keep }),
    writeRecord(recordType.PARAMS, id, writePairs(Object.entries(all))),
    writeRecord(recordType.PARAMS, id, none),
    ...(body === '' ? [] : [writeRecord(recordType.STDIN, id, Buffer.from(body))]),
    writeRecord(recordType.STDIN, id, none),
  ]);
}

async function* recordsOf(peer: ByteStream): AsyncGenerator<FastCgiRecord, void, undefined> {
  const decoder = new RecordDecoder();
  try {
    for await (const chunk of peer) yield* decoder.push(chunk);
  } catch {
    // A connection that was reset ended, too.
  }
}

/** An answer: what came on standard output, and how it ended. */
interface Answer {
  readonly text: string;
  readonly errors: string;
  readonly end: readonly number[] | undefined;
}

async function answerOn(records: AsyncGenerator<FastCgiRecord, void, undefined>, id = 1): Promise<Answer> {
  let text = '';
  let errors = '';
  for (;;) {
    const step = await records.next();
    if (step.done === true) return { text, errors, end: undefined };
    const { type, content, id: of } = step.value;
    expect(of).toBe(id);
    if (type === recordType.STDOUT) text += Buffer.from(content).toString();
    else if (type === recordType.STDERR) errors += Buffer.from(content).toString();
    else if (type === recordType.END_REQUEST) return { text, errors, end: [...content] };
  }
}

async function exchange(address: Address, ...pieces: readonly Uint8Array[]): Promise<Answer> {
  const peer = await dial(address);
  for (const piece of pieces) await peer.write(piece);
  return answerOn(recordsOf(peer));
}

const hello: Application = (_, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['hello'];
};
const echo: Application = async (environ, startResponse) => {
  startResponse('200 OK', []);
  return [await environ['wsgi.input'].read()];
};
const complete = [0, 0, 0, 0, 0, 0, 0, 0];

describe('a request', () => {
  test('is answered, and ends the connection where it is not to be kept', async () => {
    const { address } = await serving(hello);
    const peer = await dial(address);
    await peer.write(requestOf());
    const records = recordsOf(peer);
    expect(await answerOn(records)).toEqual({
      text: 'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
      errors: '',
      end: complete,
    });
    expect(await records.next()).toEqual({ done: true, value: undefined });
  });

  test('may be cut anywhere, padded, and in many records', async () => {
    const { address } = await serving(echo);
    const pairs = writePairs([['REQUEST_METHOD', 'POST']]);
    const bytes = Buffer.concat([
      begin(),
      ...Array.from(pairs, (byte) => writeRecord(recordType.PARAMS, 1, Buffer.of(byte))),
      writeRecord(recordType.PARAMS, 1, none),
      ...Array.from('body', (letter) => writeRecord(recordType.STDIN, 1, Buffer.from(letter))),
      writeRecord(recordType.STDIN, 1, none),
    ]);
    const whole = await exchange(address, bytes);
    expect(whole.text).toBe('Status: 200 OK\r\nContent-Length: 4\r\n\r\nbody');
    expect(await exchange(address, ...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('follows another on a connection that is kept', async () => {
    const { address } = await serving(echo);
    const peer = await dial(address);
    const records = recordsOf(peer);
    for (const [id, body] of [
      [1, 'one'],
      [1, 'two'],
      [7, 'three'],
    ] as const) {
      await peer.write(requestOf({ id, keep: true, body }));
      const { text, end } = await answerOn(records, id);
      expect([text.split('\r\n\r\n')[1], end]).toEqual([body, complete]);
    }
    peer.abort();
  });

  test('has the variables that it was sent', async () => {
    let seen: Environ | undefined;
    const { address } = await serving(keeping((environ) => (seen = environ)));
    await exchange(
      address,
      requestOf({
        variables: {
          SCRIPT_NAME: '/app',
          PATH_INFO: '/ü',
          REMOTE_ADDR: '192.0.2.1',
          HTTP_PROXY: 'evil',
          HTTP_A: 'b',
        },
      }),
    );
    expect(seen).toMatchObject({ SCRIPT_NAME: '/app', REMOTE_ADDR: '192.0.2.1', HTTP_A: 'b' });
    expect(seen).not.toHaveProperty('HTTP_PROXY');
  });

  test('of 5 MB each way comes whole, with back-pressure', async () => {
    const { address } = await serving(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return environ['wsgi.input'];
    });
    const peer = await dial(address);
    const body = Buffer.alloc(5_000_000, 'x');
    const head = [begin(), writeRecord(recordType.PARAMS, 1, none)];
    await peer.write(Buffer.concat(head));
    const answer = answerOn(recordsOf(peer));
    for (let at = 0; at < body.length; at += 60_000)
      await peer.write(writeRecord(recordType.STDIN, 1, body.subarray(at, at + 60_000)));
    await peer.write(writeRecord(recordType.STDIN, 1, none));
    expect((await answer).text.split('\r\n\r\n')[1]?.length).toBe(body.length);
  });

  test('with HEAD has a head', async () => {
    const { address } = await serving(hello);
    const { text } = await exchange(address, requestOf({ variables: { REQUEST_METHOD: 'HEAD' } }));
    expect(text).toBe('Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n');
  });

  test('may complain on wsgi.errors, which goes to the front server', async () => {
    const { address } = await serving((environ, startResponse) => {
      environ['wsgi.errors'].write('careful\n');
      return hello(environ, startResponse);
    });
    expect(await exchange(address, requestOf())).toMatchObject({ errors: 'careful\n', end: complete });
  });

  test('that fails is 500, and the program’s status is 1; half-way it ends the connection', async () => {
    const oops = new Error('oops');
    const early = await serving(() => {
      throw oops;
    });
    const answer = await exchange(early.address, requestOf());
    expect(answer.text).toMatch(/^Status: 500 /);
    expect(answer.end).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
    const late = await serving((_, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield 'half';
        throw oops;
      })();
    });
    expect((await exchange(late.address, requestOf())).end).toBeUndefined();
    expect([...early.errors, ...late.errors]).toEqual([oops, oops]);
  });
});

describe('a front server', () => {
  test('learns what there is (GET_VALUES), and of what there is not', async () => {
    const { address } = await serving(hello, { maxConnections: 10 });
    const peer = await dial(address);
    const records = recordsOf(peer);
    const asked = writePairs(
      ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS', 'ELSE'].map((name) => [name, ''] as const),
    );
    await peer.write(writeRecord(recordType.GET_VALUES, 0, asked));
    const values = (await records.next()).value as FastCgiRecord;
    expect([values.type, values.id]).toEqual([recordType.GET_VALUES_RESULT, 0]);
    expect(Object.fromEntries(readPairs(values.content))).toEqual({
      FCGI_MAX_CONNS: '10',
      FCGI_MAX_REQS: '10',
      FCGI_MPXS_CONNS: '0',
    });
    await peer.write(writeRecord(99, 0, none));
    const unknown = (await records.next()).value as FastCgiRecord;
    expect([unknown.type, unknown.content[0]]).toEqual([recordType.UNKNOWN_TYPE, 99]);
    await peer.write(requestOf());
    expect((await answerOn(records)).end).toEqual(complete);
  });

  test('is refused a second request beside the first, which goes on', async () => {
    const { promise, open } = gate();
    const { address } = await serving(async (environ, startResponse) => {
      await promise;
      return hello(environ, startResponse);
    });
    const peer = await dial(address);
    const records = recordsOf(peer);
    await peer.write(requestOf({ id: 1 }));
    await peer.write(requestOf({ id: 2 }));
    const refusal = (await records.next()).value as FastCgiRecord;
    expect([refusal.type, refusal.id, refusal.content[4]]).toEqual([recordType.END_REQUEST, 2, 1]);
    open();
    expect(await answerOn(records)).toMatchObject({ end: complete });
  });

  test('is refused another role', async () => {
    const { address } = await serving(hello);
    expect((await exchange(address, begin(1, { role: 2 }))).end).toEqual([0, 0, 0, 0, 3, 0, 0, 0]);
  });

  describe('that asks for one request only', () => {
    /** A connection in memory, and how its server ended it. */
    function alone(
      app: Application,
      timeouts = {},
    ): { peer: ByteStream; served: Promise<void>; ends: string[] } {
      const [stream, peer] = socketPair();
      const ends: string[] = [];
      const { close, shutdown } = stream;
      vi.spyOn(stream, 'close').mockImplementation((options) => {
        ends.push('close');
        return close.call(stream, options);
      });
      vi.spyOn(stream, 'shutdown').mockImplementation((how) => {
        ends.push(`shutdown ${how}`);
        return shutdown.call(stream, how);
      });
      const settings = {
        scriptName: '',
        idleTimeoutMs: 1000,
        bodyTimeoutMs: 1000,
        maxHeadBytes: 65_536,
        maxConnections: Infinity,
        ...timeouts,
      };
      const served = new FastCgiConnection(stream, app, settings, (error) => {
        throw error;
      }).serve();
      return { peer, served, ends };
    }

    test('has the connection closed behind its answer, if all of it was there', async () => {
      const { peer, served, ends } = alone(hello);
      await peer.write(requestOf());
      const records = recordsOf(peer);
      expect(await answerOn(records)).toMatchObject({ end: complete });
      expect(await records.next()).toMatchObject({ done: true });
      await served;
      expect(ends).toEqual(['close']);
    });

    test.each([
      ['answered before its body ends', hello, requestOf({ body: 'x'.repeat(1000) })],
      ['in another role', hello, Buffer.concat([begin(1, { role: 2 }), requestOf().subarray(16)])],
    ])('%s has its body read to the end, for the answer not to be lost', async (_, app, request) => {
      const { peer, served, ends } = alone(app);
      await peer.write(request.subarray(0, -8));
      const records = recordsOf(peer);
      expect((await answerOn(records)).end).toBeDefined();
      expect(await records.next()).toMatchObject({ done: true });
      expect(ends).toEqual(['shutdown write']);
      await peer.write(request.subarray(-8));
      await served;
      expect(ends).toEqual(['shutdown write', 'close']);
    });

    test('is let go two seconds behind its answer, if its body never ends', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      onTestFinished(() => void vi.useRealTimers());
      const { peer, served } = alone(hello, { idleTimeoutMs: 65_000, bodyTimeoutMs: 30_000 });
      await peer.write(requestOf({ body: 'x' }).subarray(0, -8));
      const records = recordsOf(peer);
      expect(await answerOn(records)).toMatchObject({ end: complete });
      expect(await records.next()).toMatchObject({ done: true });
      vi.advanceTimersByTime(2000);
      await served;
    });

    test('has no second one answered', async () => {
      const { peer, served } = alone(hello);
      await peer.write(Buffer.concat([requestOf(), requestOf({ id: 2 })]));
      const records = recordsOf(peer);
      expect(await answerOn(records)).toMatchObject({ end: complete });
      expect(await records.next()).toMatchObject({ done: true });
      await served;
    });
  });

  test('may abort a request: the application is told, and the connection serves the next', async () => {
    const { promise, open } = gate<unknown>();
    const { address, errors } = await serving(async (environ, startResponse) => {
      if (environ.PATH_INFO === '/next') return hello(environ, startResponse);
      const { 'wirestack.signal': signal } = environ;
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      open(signal.reason);
      throw signal.reason;
    });
    const peer = await dial(address);
    const records = recordsOf(peer);
    await peer.write(requestOf({ keep: true }));
    await peer.write(writeRecord(recordType.ABORT_REQUEST, 1, none));
    expect(await answerOn(records)).toMatchObject({ text: '', end: complete });
    expect(await promise).toMatchObject({ code: 'PEER_CLOSED' });
    await peer.write(requestOf({ id: 2, variables: { REQUEST_URI: '/next' } }));
    expect((await answerOn(records, 2)).text).toContain('hello');
    expect(errors).toEqual([]);
  });

  test('that leaves is told to the application', async () => {
    const reached = gate();
    const { promise, open } = gate<unknown>();
    const { address } = await serving(async (environ) => {
      const { 'wirestack.signal': signal } = environ;
      signal.addEventListener('abort', () => {
        open(signal.reason);
      });
      reached.open();
      await promise;
      throw signal.reason;
    });
    const peer = await dial(address);
    await peer.write(requestOf());
    await reached.promise;
    peer.abort();
    expect(await promise).toMatchObject({ name: 'SocketError' });
  });

  test('that sends the rest of a request that is over is not minded', async () => {
    const { address, errors } = await serving(hello);
    const peer = await dial(address);
    const records = recordsOf(peer);
    const all = requestOf({ keep: true, body: 'x' });
    await peer.write(all.subarray(0, all.length - 24));
    expect((await answerOn(records)).end).toEqual(complete);
    await peer.write(all.subarray(all.length - 24));
    await peer.write(requestOf({ id: 2 }));
    expect((await answerOn(records, 2)).end).toEqual(complete);
    expect(errors).toEqual([]);
  });

  test('that asks for nothing is let go in time', async () => {
    const { address, errors } = await serving(hello, { idleTimeoutMs: 20 });
    expect(await exchange(address)).toMatchObject({ end: undefined });
    expect(errors).toEqual([]);
  });
});

describe('what is no FastCGI ends the connection', () => {
  test.each([
    ['another version', Buffer.of(2, 1, 0, 1, 0, 0, 0, 0), /version 2/],
    ['a short BEGIN_REQUEST', writeRecord(recordType.BEGIN_REQUEST, 1, Buffer.of(0, 1)), /eight bytes/],
    ['a type that a request has not', Buffer.concat([begin(), writeRecord(42, 1, none)]), /type 42/],
    [
      'variables that are none',
      Buffer.concat([
        begin(),
        writeRecord(recordType.PARAMS, 1, Buffer.of(9)),
        writeRecord(recordType.PARAMS, 1, none),
      ]),
      /without a length|ends early/,
    ],
    [
      'variables behind their end',
      Buffer.concat([
        begin(),
        writeRecord(recordType.PARAMS, 1, none),
        writeRecord(recordType.PARAMS, 1, Buffer.of(0, 0)),
      ]),
      /behind their end/,
    ],
    [
      'too many of them',
      Buffer.concat([
        begin(),
        writeRecord(recordType.PARAMS, 1, Buffer.alloc(60_000)),
        writeRecord(recordType.PARAMS, 1, Buffer.alloc(60_000)),
      ]),
      /more than 65536/,
    ],
  ])('%s', async (_, bytes, why) => {
    const { address, errors } = await serving(async () => {
      await new Promise(() => undefined);
      return [];
    });
    expect((await exchange(address, bytes)).end).toBeUndefined();
    expect(errors).toEqual([
      expect.objectContaining({ name: 'FrontServerError', message: expect.stringMatching(why) as string }),
    ]);
  });
});
