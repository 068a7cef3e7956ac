import { describe, expect, it } from 'vitest';
import { service } from '../../../src/service.ts';
import { xmlRpcApplication, type XmlRpcApplicationOptions } from '../../../src/wires/xml-rpc/application.ts';
import { decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { encodeCall } from '../../../src/wires/xml-rpc/writer.ts';

interface Answer {
  readonly status: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly errors: string;
  /** Bytes that were read of the request. */
  readonly read: number;
}

let calls = 0;
const api = service({
  count: () => ++calls,
  fail: (): void => {
    throw new Error('inside');
  },
});
const request = Buffer.from(encodeCall('count', []));

/** Sends a body in pieces of at most `piece` bytes through the application. */
async function post(
  environ: Partial<Record<string, unknown>> = {},
  options: XmlRpcApplicationOptions = {},
  body: Buffer = request,
  piece = 1000,
): Promise<Answer> {
  let read = 0;
  let errors = '';
  let status = '';
  let headers: Record<string, string> = {};
  const application = xmlRpcApplication(api, options);
  const pieces = await application(
    {
      REQUEST_METHOD: 'POST',
      PATH_INFO: '/RPC2',
      CONTENT_TYPE: 'text/xml',
      CONTENT_LENGTH: String(body.length),
      'wsgi.input': {
        read: (size = Infinity) => {
          const part = body.subarray(read, read + Math.min(size, piece));
          read += part.length;
          return Promise.resolve(part);
        },
      },
      'wsgi.input_terminated': true,
      'wsgi.errors': { write: (text: string) => (errors += text) },
      'wirestack.signal': new AbortController().signal,
      ...environ,
    },
    (line, list) => {
      status = line;
      headers = Object.fromEntries(list);
    },
  );
  const whole = Buffer.concat(pieces);
  expect(headers['Content-Length']).toBe(String(whole.length));
  return { status, headers, body: whole, errors, read };
}

describe('a request', () => {
  it('is answered with 200, text/xml and its length', async () => {
    const answer = await post();
    expect(answer).toMatchObject({
      status: '200 OK',
      headers: { 'Content-Type': 'text/xml; charset=utf-8' },
    });
    expect(decodeResponse(answer.body)).toBe(calls);
  });

  it('may come in pieces, a byte at a time', async () => {
    expect((await post({}, {}, request, 1)).status).toBe('200 OK');
    expect((await post({ CONTENT_LENGTH: undefined }, {}, request, 1)).status).toBe('200 OK');
  });

  it('may fail: a fault is an answer of 200, and the error goes to wsgi.errors', async () => {
    const answer = await post({}, {}, Buffer.from(encodeCall('fail', [])));
    expect(answer.status).toBe('200 OK');
    expect(answer.body.toString()).toContain('-32603');
    expect(answer.body.toString()).not.toContain('inside');
    expect(answer.errors).toMatch(/^XML-RPC "fail": Error: inside\n/);
  });

  it('may fail: the error goes to onError where there is one', async () => {
    const told: unknown[] = [];
    const answer = await post(
      {},
      { onError: (error) => told.push((error as Error).message) },
      Buffer.from(encodeCall('fail', [])),
    );
    expect(told).toEqual(['inside']);
    expect(answer.errors).toBe('');
  });

  it('that is no XML-RPC is an answer of 200, too', async () => {
    const answer = await post({}, {}, Buffer.from('hello'));
    expect(answer.status).toBe('200 OK');
    expect(answer.body.toString()).toContain('-32700');
    expect(answer.errors).toBe('');
  });

  it.each(['text/xml', 'TEXT/XML', 'text/xml; charset=utf-8', 'application/xml', ' text/xml ;a=b'])(
    'may be of type %j',
    async (type) => {
      expect((await post({ CONTENT_TYPE: type })).status).toBe('200 OK');
    },
  );
});

describe('a request that is refused', () => {
  it.each([
    [{ REQUEST_METHOD: 'GET' }, '405 Method Not Allowed'],
    [{ REQUEST_METHOD: 'HEAD' }, '405 Method Not Allowed'],
    [{ REQUEST_METHOD: 'PUT' }, '405 Method Not Allowed'],
    [{ CONTENT_TYPE: 'text/plain' }, '415 Unsupported Media Type'],
    [{ CONTENT_TYPE: 'text/xml2' }, '415 Unsupported Media Type'],
    [{ CONTENT_TYPE: 'application/x-www-form-urlencoded' }, '415 Unsupported Media Type'],
    [{ CONTENT_TYPE: '' }, '415 Unsupported Media Type'],
    [{ CONTENT_TYPE: undefined }, '415 Unsupported Media Type'],
    [{ HTTP_CONTENT_ENCODING: 'gzip' }, '415 Unsupported Media Type'],
    [{ HTTP_CONTENT_ENCODING: 'identity, br' }, '415 Unsupported Media Type'],
    [{ CONTENT_LENGTH: '-5' }, '400 Bad Request'],
    [{ CONTENT_LENGTH: 'abc' }, '400 Bad Request'],
    [{ CONTENT_LENGTH: '5abc' }, '400 Bad Request'],
    [{ CONTENT_LENGTH: '0x36' }, '400 Bad Request'],
    [{ CONTENT_LENGTH: '1e3' }, '400 Bad Request'],
    [{ CONTENT_LENGTH: '999999999999999999999' }, '413 Content Too Large'],
    [{ CONTENT_LENGTH: undefined, 'wsgi.input_terminated': false }, '411 Length Required'],
    [{ CONTENT_LENGTH: undefined, 'wsgi.input_terminated': undefined }, '411 Length Required'],
  ])('%j is %s, and nothing is read or run', async (environ, status) => {
    const before = calls;
    const answer = await post(environ);
    expect(answer).toMatchObject({ status, read: 0 });
    expect(answer.headers['Allow']).toBe(status.startsWith('405') ? 'POST' : undefined);
    expect(calls).toBe(before);
  });

  it('for its type is taken where any type will do', async () => {
    for (const type of ['text/plain', '', undefined]) {
      expect((await post({ CONTENT_TYPE: type }, { anyContentType: true })).status).toBe('200 OK');
    }
  });

  it('for its encoding is not where that is identity', async () => {
    expect((await post({ HTTP_CONTENT_ENCODING: 'Identity' })).status).toBe('200 OK');
  });

  it.each([
    ['/', '200 OK'],
    ['', '200 OK'],
    ['/RPC2', '200 OK'],
    ['/RPC2/', '404 Not Found'],
    ['/rpc2', '404 Not Found'],
    ['/RPC2/../x', '404 Not Found'],
  ])('for its path %j: %s', async (path, status) => {
    expect((await post({ PATH_INFO: path }, { paths: ['/', '/RPC2'] })).status).toBe(status);
    expect((await post({ PATH_INFO: path })).status).toBe('200 OK');
  });

  it('for its size: one byte above the limit, announced or not', async () => {
    const limits = { maxBytes: request.length };
    const above = Buffer.concat([request, Buffer.from(' ')]);
    for (const changes of [{}, { CONTENT_LENGTH: undefined }]) {
      const before = calls;
      expect((await post(changes, { limits })).status).toBe('200 OK');
      expect((await post(changes, { limits }, above)).status).toBe('413 Content Too Large');
      expect(calls).toBe(before + 1);
    }
  });

  it('for its size is not read beyond the limit', async () => {
    const answer = await post(
      { CONTENT_LENGTH: undefined },
      { limits: { maxBytes: 100 } },
      Buffer.alloc(1_000_000, 0x20),
    );
    expect(answer).toMatchObject({ status: '413 Content Too Large', read: 101 });
  });
});

describe('a body cut short', () => {
  it('is never run, at any length', async () => {
    const before = calls;
    for (let length = 0; length < request.length; length++) {
      const answer = await post({ CONTENT_LENGTH: String(request.length) }, {}, request.subarray(0, length));
      expect(answer.status).toBe('400 Bad Request');
    }
    expect(calls).toBe(before);
  });

  it('is what the server makes of it where the server knows', async () => {
    const input = { read: () => Promise.reject(new Error('the client left')) };
    await expect(post({ 'wsgi.input': input })).rejects.toThrow('the client left');
  });
});

describe('a client that leaves', () => {
  it('aborts the signal of its call', async () => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const procedure = {
      name: 'a',
      call: (_: unknown, context: { signal: AbortSignal }) => {
        ({ signal } = context);
        controller.abort();
        return signal.aborted;
      },
    };
    const target = { procedures: new Map([['a', procedure]]) } as unknown as typeof api;
    const body = Buffer.from(encodeCall('a', []));
    const pieces = await xmlRpcApplication(target)(
      {
        REQUEST_METHOD: 'POST',
        PATH_INFO: '/',
        CONTENT_TYPE: 'text/xml',
        CONTENT_LENGTH: String(body.length),
        'wsgi.input': { read: () => Promise.resolve(body) },
        'wsgi.errors': { write: () => undefined },
        'wirestack.signal': controller.signal,
      },
      () => undefined,
    );
    expect(decodeResponse(pieces[0] as Uint8Array)).toBe(true);
    expect(signal).toBe(controller.signal);
  });
});
