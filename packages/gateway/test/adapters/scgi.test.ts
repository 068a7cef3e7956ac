import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveScgi, type Application, type Environ, type FrontServerOptions } from '@wirestack/gateway';
import type { Address } from '@wirestack/socket';
import { dial, gate, keeping, untilEnd } from '../peer.ts';
import { scratch } from '../scratch.ts';

interface Served {
  readonly address: Address;
  readonly errors: unknown[];
}

async function serving(app: Application, options: FrontServerOptions = {}): Promise<Served> {
  const errors: unknown[] = [];
  const server = await serveScgi('127.0.0.1:0', app, {
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(() => server.drain({ timeoutMs: 0 }));
  return { address: server.address, errors };
}

/** `70:CONTENT_LENGTH\0 … ,` and the body. */
function requestOf(variables: Readonly<Record<string, string>> = {}, body = ''): Buffer {
  const all = {
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    SCGI: '1',
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/',
    ...variables,
  };
  const text = Object.entries(all)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('');
  return Buffer.from(`${String(text.length)}:${text},${body}`, 'latin1');
}

async function exchange(address: Address, ...pieces: readonly (Uint8Array | string)[]): Promise<string> {
  const peer = await dial(address);
  for (const piece of pieces) await peer.write(piece);
  return untilEnd(peer);
}

const hello: Application = (_, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['hello'];
};

async function environOf(
  variables: Readonly<Record<string, string>>,
  options: FrontServerOptions = {},
): Promise<Environ> {
  let seen: Environ | undefined;
  const { address } = await serving(
    keeping((environ) => (seen = environ)),
    options,
  );
  expect(await exchange(address, requestOf(variables))).toMatch(/^Status: 200 OK\r\n/);
  return seen!;
}

describe('a request', () => {
  test("is the example of the protocol's own text", async () => {
    const { address } = await serving(async (environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [environ.REQUEST_METHOD, environ.PATH_INFO, await environ['wsgi.input'].read()];
    });
    const example =
      '70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,What is the answer to life?';
    expect(await exchange(address, example)).toBe(
      'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nPOST/deepthoughtWhat is the answer to life?',
    );
  });

  test('may come byte by byte', async () => {
    const { address } = await serving(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return [await environ['wsgi.input'].read()];
    });
    const bytes = requestOf({}, 'the body');
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await exchange(address, ...pieces)).toBe('Status: 200 OK\r\nContent-Length: 8\r\n\r\nthe body');
  });

  test('has the variables that it was sent, and what follows from them', async () => {
    expect(
      await environOf({
        REQUEST_URI: '/a%20b/%C3%BC?x=1',
        QUERY_STRING: 'x=1',
        SERVER_NAME: 'example.com',
        SERVER_PORT: '443',
        SERVER_PROTOCOL: 'HTTP/1.1',
        REMOTE_ADDR: '192.0.2.1',
        HTTPS: 'on',
        HTTP_X_A: 'b',
        HTTP_PROXY: 'evil',
        CONTENT_TYPE: '',
      }),
    ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/ü',
      QUERY_STRING: 'x=1',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '443',
      REMOTE_ADDR: '192.0.2.1',
      HTTP_X_A: 'b',
      'wsgi.url_scheme': 'https',
      'wirestack.raw_headers': expect.arrayContaining([['x-a', 'b']]) as unknown,
    });
    expect(await environOf({ HTTP_PROXY: 'evil', CONTENT_TYPE: '' })).not.toHaveProperty('HTTP_PROXY');
    expect(await environOf({ CONTENT_TYPE: '' })).not.toHaveProperty('CONTENT_TYPE');
  });

  test.each([
    [{ REQUEST_URI: '/app/x?y' }, '/app', '/app', '/x'],
    [{ REQUEST_URI: '/app' }, '/app', '/app', ''],
    [{ REQUEST_URI: '/apple' }, '/app', '', '/apple'],
    [{ REQUEST_URI: '', SCRIPT_NAME: '/s' }, '', '', '/s'],
    [{ SCRIPT_NAME: '/app', PATH_INFO: '/x' }, '', '/app', '/x'],
    [{ SCRIPT_NAME: '/', PATH_INFO: '/x' }, '', '', '/x'],
    [{ PATH_INFO: '/app/x' }, '/app', '/app', '/x'],
    [{ SCRIPT_NAME: '', PATH_INFO: '/app' }, '/app', '/app', ''],
    [{ PATH_INFO: '/apple' }, '/app', '', '/apple'],
    [{ SCRIPT_NAME: '/app', PATH_INFO: '/app/x' }, '/app', '/app', '/app/x'],
  ])('%j under %j is %j and %j', async (variables, scriptName, script, path) => {
    expect(await environOf(variables, { scriptName })).toMatchObject({
      SCRIPT_NAME: script,
      PATH_INFO: path,
    });
  });
});

describe('an answer', () => {
  test('comes in pieces as it is made, and its body is closed once', async () => {
    let closed = 0;
    const { address } = await serving((_, startResponse) => {
      startResponse('404 Not Here', [['X', 'y']]);
      return Object.assign(['a', Buffer.from('b'), '', 'c'], { close: () => void closed++ });
    });
    expect(await exchange(address, requestOf())).toBe('Status: 404 Not Here\r\nX: y\r\n\r\nabc');
    expect(closed).toBe(1);
  });

  test('to HEAD is a head', async () => {
    const { address } = await serving(hello);
    const text = await exchange(address, requestOf({ REQUEST_METHOD: 'HEAD' }));
    expect(text).toBe('Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n');
  });

  test('of an application that throws is 500, and onError is told', async () => {
    const oops = new Error('oops');
    const { address, errors } = await serving(() => {
      throw oops;
    });
    const text = await exchange(address, requestOf());
    expect(text).toMatch(/^Status: 500 /);
    expect(text).not.toContain('oops');
    expect(errors).toEqual([oops]);
  });

  test('that fails half-way ends the connection, and onError is told', async () => {
    const oops = new Error('oops');
    const { address, errors } = await serving((_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '10']]);
      return (function* () {
        yield 'half';
        throw oops;
      })();
    });
    expect(await exchange(address, requestOf())).not.toContain('oops');
    expect(errors).toEqual([oops]);
  });

  test('that nobody waits for is told by the signal', async () => {
    const reached = gate();
    const { promise, open } = gate<unknown>();
    const { address } = await serving(async (environ) => {
      reached.open();
      await new Promise((resolve) => {
        environ['wirestack.signal'].addEventListener('abort', resolve);
      });
      open(environ['wirestack.signal'].reason);
      throw environ['wirestack.signal'].reason;
    });
    const peer = await dial(address);
    await peer.write(requestOf());
    await reached.promise;
    peer.abort();
    expect(await promise).toMatchObject({ name: 'SocketError' });
  });
});

describe('what is no request ends the connection, without an answer', () => {
  test.each([
    ['no length', 'x:', /no length/],
    ['a sign', '+5:', /no length/],
    ['a leading zero', '010:', /no length/],
    ['a length without end', '1234567890:', /no length/],
    ['too many bytes', '70000:', /more than 65536/],
    ['no comma behind it', '9:SCGI\x001\x00ab;', /no netstring/],
    ['no NUL at its end', '3:abc,', /no netstring/],
    ['nothing in it', '0:,', /CONTENT_LENGTH comes first/],
    ['SCGI first', '24:SCGI\x001\x00CONTENT_LENGTH\x000\x00,', /CONTENT_LENGTH comes first/],
    ['another version', '24:CONTENT_LENGTH\x000\x00SCGI\x002\x00,', /CONTENT_LENGTH comes first/],
    ['a length that is none', '25:CONTENT_LENGTH\x00-1\x00SCGI\x001\x00,', /CONTENT_LENGTH comes first/],
    ['a name without a value', '26:CONTENT_LENGTH\x000\x00SCGI\x001\x00a\x00,', /CONTENT_LENGTH comes first/],
    ['a variable twice', '32:CONTENT_LENGTH\x000\x00SCGI\x001\x00a\x00b\x00a\x00c\x00,', /twice/],
  ])('%s', async (_, bytes, why) => {
    const { address, errors } = await serving(hello);
    expect(await exchange(address, bytes)).toBe('');
    expect(errors).toEqual([
      expect.objectContaining({ name: 'FrontServerError', message: expect.stringMatching(why) as string }),
    ]);
  });

  test('a connection on which nothing comes is nobody’s fault', async () => {
    const { address, errors } = await serving(hello);
    const peer = await dial(address);
    await peer.shutdown('write');
    expect(await untilEnd(peer)).toBe('');
    expect(errors).toEqual([]);
  });

  test('variables that take too long', async () => {
    const { address, errors } = await serving(hello, { headTimeoutMs: 20 });
    expect(await exchange(address, '70:CONTENT')).toBe('');
    expect(errors).toEqual([expect.objectContaining({ code: 'TIMED_OUT' })]);
  });

  test('a body that is shorter than it said', async () => {
    const { address, errors } = await serving(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return [await environ['wsgi.input'].read()];
    });
    const peer = await dial(address);
    await peer.write(requestOf({ CONTENT_LENGTH: '5' }));
    await peer.write('abc');
    await peer.shutdown('write');
    expect(await untilEnd(peer)).toMatch(/^Status: 500 /);
    expect(errors).toEqual([expect.objectContaining({ name: 'FrontServerError' })]);
  });
});

test('an answer arrives whole where the application reads nothing of the body', async () => {
  const path = join(scratch(), 'app.sock');
  const server = await serveScgi({ path }, (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return ['x'.repeat(100_000)];
  });
  onTestFinished(() => server.drain({ timeoutMs: 0 }));
  for (let i = 0; i < 10; i++) {
    const answer = await exchange(server.address, requestOf({ REQUEST_METHOD: 'POST' }, 'b'.repeat(400_000)));
    expect(answer).toHaveLength(answer.indexOf('\r\n\r\n') + 4 + 100_000);
  }
});
