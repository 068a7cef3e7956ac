import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RpcError, RpcFault, RpcUsageError } from '../../../src/errors.ts';
import { decodeCall } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcFormatError } from '../../../src/wires/xml-rpc/errors.ts';
import { HttpCaller, type XmlRpcClientOptions } from '../../../src/wires/xml-rpc/http-caller.ts';
import { encodeFault, encodeResponse } from '../../../src/wires/xml-rpc/writer.ts';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server | undefined;
let received: Received[] = [];

/** A server that reads each request in full and has it answered; its URL. */
async function serve(answer: (response: ServerResponse, request: Received) => void): Promise<string> {
  received = [];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const whole = { method, url, headers, body: Buffer.concat(parts).toString() };
      received.push(whole);
      answer(response, whole);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/RPC2`;
}

async function stop(): Promise<void> {
  if (server === undefined) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  server = undefined;
}

afterEach(stop);

/** How a call of a procedure `a` fails. */
async function failure(url: string | URL, options?: XmlRpcClientOptions): Promise<unknown> {
  return new HttpCaller(url, options).call('a', []).then(
    (value) => {
      throw new Error(`answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

describe('a call', () => {
  it('is one POST of text/xml, and its answer the value', async () => {
    const url = await serve((response) => response.end(encodeResponse({ sum: 3 })));
    expect(await new HttpCaller(url, { headers: { 'X-Trace': '7' } }).call('kv.get', [1, 'ü'])).toEqual({
      sum: 3,
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', url: '/RPC2' });
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'text/xml; charset=utf-8',
      'content-length': String(Buffer.byteLength(received[0]?.body ?? '')),
      'x-trace': '7',
    });
    expect(decodeCall(received[0]?.body ?? '')).toEqual({ method: 'kv.get', params: [1, 'ü'] });
  });

  it('that is answered with a fault throws it', async () => {
    const url = await serve((response) => response.end(encodeFault(new RpcFault(7, 'no'))));
    const error = await failure(url);
    expect(error).toBeInstanceOf(RpcFault);
    expect(error).toMatchObject({ code: 7, message: 'no' });
  });

  it('goes to fetch as it is given', async () => {
    const requests: unknown[] = [];
    const caller = new HttpCaller('http://rpc.example/', {
      fetch: (url, init) => {
        requests.push([(url as URL).href, init?.method, init?.redirect]);
        return Promise.resolve(new Response(encodeResponse(1)));
      },
    });
    expect(await caller.call('a', [])).toBe(1);
    expect(requests).toEqual([['http://rpc.example/', 'POST', 'manual']]);
  });

  it('that cannot be written is not made', async () => {
    const url = await serve((response) => response.end());
    const caller = new HttpCaller(url, { limits: { maxBytes: 300 } });
    await expect(caller.call('<a>', [])).rejects.toThrow(RpcUsageError);
    await expect(caller.call('a', [null])).rejects.toThrow(RpcUsageError);
    await expect(caller.call('a', ['x'.repeat(300)])).rejects.toMatchObject({
      name: 'RpcError',
      code: 'TOO_LARGE',
    });
    expect(received).toEqual([]);
  });
});

describe('names and passwords', () => {
  it('in the URL become Basic authorization', async () => {
    const url = new URL(await serve((response) => response.end(encodeResponse(1))));
    url.username = 'us er';
    url.password = 'pä:ss%2F';
    await new HttpCaller(url).call('a', []);
    expect(received[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('us er:pä:ss/').toString('base64')}`,
    );
    expect(url.username).toBe('us%20er');
  });

  it('yield to a header field', async () => {
    const url = (await serve((response) => response.end(encodeResponse(1)))).replace('//', '//user:pass@');
    await new HttpCaller(url, { headers: [['Authorization', 'Bearer x']] }).call('a', []);
    expect(received[0]?.headers.authorization).toBe('Bearer x');
  });
});

describe('an answer that is none', () => {
  it.each([
    [204, ''],
    [301, ''],
    [302, ''],
    [307, ''],
    [308, ''],
    [401, 'who?'],
    [404, 'Not Found'],
    [500, encodeResponse(1)],
    [503, ''],
  ])('for its status, %d, is HTTP, and no second request is made', async (status, body) => {
    const url = await serve((response, { url: path }) => {
      response.writeHead(path === '/RPC2' ? status : 200, {
        Location: '/other',
        'Retry-After': '0',
        'WWW-Authenticate': 'Basic realm="x"',
      });
      response.end(body);
    });
    const error = await failure(url.replace('//', '//user:pass@'));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 'HTTP', message: expect.stringContaining(String(status)) as string });
    expect(received).toHaveLength(1);
  });

  const one = Buffer.from(encodeResponse(1)).toString();

  it.each([
    ['<!DOCTYPE html><html><body>Welcome</body></html>', 'DOCTYPE'],
    ['It works!', 'NOT_XML'],
    ['{"result": 1}', 'NOT_XML'],
    ['', 'TRUNCATED'],
    [one.slice(0, -5), 'TRUNCATED'],
    ['<methodCall><methodName>a</methodName></methodCall>', 'BAD_ROOT'],
    [one.replace('1<', '12345678901<'), 'BAD_VALUE'],
  ])('for its content, %j, is PROTOCOL', async (body, code) => {
    const url = await serve((response) => response.end(body));
    const error = await failure(url);
    expect(error).toMatchObject({ name: 'RpcError', code: 'PROTOCOL', cause: { code } });
    expect((error as RpcError).cause).toBeInstanceOf(XmlRpcFormatError);
  });

  it('for its size is TOO_LARGE, whether its length is announced or not', async () => {
    const body = encodeResponse('x'.repeat(1000));
    const maxBytes = Buffer.byteLength(body);
    for (const isAnnounced of [true, false]) {
      const url = await serve((response) => {
        if (isAnnounced) response.setHeader('Content-Length', maxBytes);
        response.write(body.slice(0, 500));
        response.end(body.slice(500));
      });
      expect(await new HttpCaller(url, { limits: { maxBytes } }).call('a', [])).toHaveLength(1000);
      expect(await failure(url, { limits: { maxBytes: maxBytes - 1 } })).toMatchObject({ code: 'TOO_LARGE' });
      await stop();
    }
  });

  it('without end is given up at the limit', async () => {
    const url = await serve((response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await failure(url, { limits: { maxBytes: 1_000_000 } })).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('for its depth or number of values is TOO_LARGE', async () => {
    const url = await serve((response) => response.end(encodeResponse([[1]])));
    for (const limits of [{ maxDepth: 1 }, { maxValues: 2 }]) {
      expect(await failure(url, { limits })).toMatchObject({
        code: 'TOO_LARGE',
        cause: { name: 'XmlRpcFormatError' },
      });
    }
  });

  it('because the server hung up is PEER_GONE, and the request is not sent again', async () => {
    const url = await serve((response) => response.destroy());
    expect(await failure(url)).toMatchObject({ name: 'RpcError', code: 'PEER_GONE' });
    expect(received).toHaveLength(1);
  });

  it('because the server hung up on a connection that served before is PEER_GONE, and the request is not sent again', async () => {
    const url = await serve((response, { body }) => {
      if (body.includes('first')) response.end(encodeResponse(1));
      else response.destroy();
    });
    const caller = new HttpCaller(url);
    expect(await caller.call('first', [])).toBe(1);
    await expect(caller.call('second', [])).rejects.toMatchObject({ code: 'PEER_GONE' });
    expect(received).toHaveLength(2);
  });

  it('because it was cut short is PEER_GONE', async () => {
    const url = await serve((response) => {
      response.setHeader('Content-Length', 1000);
      response.write(encodeResponse(1));
      response.on('close', () => undefined);
      setImmediate(() => response.destroy());
    });
    expect(await failure(url)).toMatchObject({ name: 'RpcError', code: 'PEER_GONE' });
  });

  it('because nobody listens is PEER_GONE', async () => {
    const url = await serve(() => undefined);
    await stop();
    expect(await failure(url)).toMatchObject({
      name: 'RpcError',
      code: 'PEER_GONE',
      cause: expect.any(Error) as Error,
    });
  });
});

describe('time', () => {
  it('runs out: TIMED_OUT, and the request is given up', async () => {
    let closed: Promise<unknown> | undefined;
    const url = await serve((response) => {
      closed = once(response, 'close');
    });
    expect(await failure(url, { timeoutMs: 50 })).toMatchObject({ name: 'RpcError', code: 'TIMED_OUT' });
    await closed;
  });

  it('runs out inside the answer, too, and for one call alone', async () => {
    const url = await serve((response) => response.write('<?xml version="1.0"?>'));
    const call = new HttpCaller(url).call('a', [], { timeoutMs: 50 });
    await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'TIMED_OUT' });
  });

  it('never runs out with Infinity', async () => {
    const url = await serve((response) => response.end(encodeResponse(1)));
    expect(await new HttpCaller(url, { timeoutMs: Infinity }).call('a', [])).toBe(1);
  });

  it.each([0, -1, NaN])('is no %d', async (timeoutMs) => {
    expect(() => new HttpCaller('http://rpc.example/', { timeoutMs })).toThrow(RpcUsageError);
    await expect(new HttpCaller('http://rpc.example/').call('a', [], { timeoutMs })).rejects.toThrow(
      RpcUsageError,
    );
  });
});

describe('signals', () => {
  it.each(['client', 'call'])("of the %s end it: ABORTED, with the signal's reason", async (whose) => {
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('no longer needed');
    const url = await serve(() => controller.abort(reason));
    const caller = new HttpCaller(url, whose === 'client' ? { signal } : {});
    const call = caller.call('a', [], whose === 'call' ? { signal } : {});
    await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'ABORTED', cause: reason });
    await expect(caller.call('a', [], { signal })).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    expect(received).toHaveLength(1);
  });

  it('are left as they were when the call is over', async () => {
    const url = await serve((response) => response.end(encodeResponse(1)));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await new HttpCaller(url, { signal }).call('a', []);
    expect(added).toHaveBeenCalledOnce();
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });
});

describe('what is no client', () => {
  it.each(['', 'rpc.example', '/RPC2', 'ftp://rpc.example/', 'tcp://127.0.0.1:1', 'file:///etc/passwd'])(
    '%j',
    (url) => {
      expect(() => new HttpCaller(url)).toThrow(RpcUsageError);
    },
  );

  it('has header fields with line ends in them, or limits that are none', () => {
    expect(() => new HttpCaller('http://rpc.example/', { headers: { a: 'b\r\nc: d' } })).toThrow(
      RpcUsageError,
    );
    expect(() => new HttpCaller('http://rpc.example/', { limits: { maxDepth: 5000 } })).toThrow(
      RpcUsageError,
    );
  });
});
