import { describe, expect, onTestFinished, test } from 'vitest';
import { serveUwsgi, type Application, type Environ, type FrontServerOptions } from '@wirestack/gateway';
import type { Address } from '@wirestack/socket';
import { dial, keeping, untilEnd } from '../peer.ts';

async function serving(
  app: Application,
  options: FrontServerOptions = {},
): Promise<{ address: Address; errors: unknown[] }> {
  const errors: unknown[] = [];
  const server = await serveUwsgi('127.0.0.1:0', app, {
    onError: (error) => void errors.push(error),
    ...options,
  });
  onTestFinished(() => server.drain({ timeoutMs: 0 }));
  return { address: server.address, errors };
}

function sized(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'latin1')]);
}

function packet(content: Uint8Array, modifier = 0): Buffer {
  const head = Buffer.alloc(4);
  head[0] = modifier;
  head.writeUInt16LE(content.length, 1);
  return Buffer.concat([head, content]);
}

function requestOf(variables: Readonly<Record<string, string>>, body = ''): Buffer {
  const pairs = Object.entries(variables).flatMap(([name, value]) => [sized(name), sized(value)]);
  return Buffer.concat([packet(Buffer.concat(pairs)), Buffer.from(body)]);
}

async function exchange(address: Address, ...pieces: readonly Uint8Array[]): Promise<string> {
  const peer = await dial(address);
  for (const piece of pieces) await peer.write(piece);
  return untilEnd(peer);
}

describe('uwsgi', () => {
  test('brings variables and a body, however they are cut', async () => {
    const { address } = await serving(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return [`${environ.REQUEST_METHOD} ${environ.PATH_INFO} `, await environ['wsgi.input'].read()];
    });
    const bytes = requestOf({ REQUEST_METHOD: 'POST', PATH_INFO: '/x', CONTENT_LENGTH: '4' }, 'body');
    const whole = await exchange(address, bytes);
    expect(whole).toBe('HTTP/1.0 200 OK\r\n\r\nPOST /x body');
    expect(await exchange(address, ...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(whole);
  });

  test('without CONTENT_LENGTH, or with an empty one, has no body', async () => {
    let seen: Environ | undefined;
    const { address } = await serving(keeping((environ) => (seen = environ)));
    for (const variables of [{ REQUEST_URI: '/a?b' }, { REQUEST_URI: '/a?b', CONTENT_LENGTH: '' }]) {
      await exchange(address, requestOf(variables));
      expect(seen).toMatchObject({ PATH_INFO: '/a', QUERY_STRING: 'b' });
      expect(await seen?.['wsgi.input'].read()).toHaveLength(0);
      expect(seen).not.toHaveProperty('CONTENT_LENGTH');
    }
  });

  test.each([
    ['another kind', packet(Buffer.alloc(0), 5), /kind 5/],
    ['a length that ends early', packet(Buffer.of(1)), /length that ends early/],
    ['a name that ends early', packet(Buffer.of(5, 0, 0x61)), /variable that ends early/],
    ['a name without a value', packet(sized('a')), /length that ends early/],
    ['no name', requestOf({ '': 'a' }), /without a name/],
    ['a name twice', packet(Buffer.concat([sized('a'), sized('b'), sized('a'), sized('c')])), /twice/],
    ['a CONTENT_LENGTH that is none', requestOf({ CONTENT_LENGTH: 'x' }), /that is none/],
  ])('%s ends the connection', async (_, bytes, why) => {
    const { address, errors } = await serving(keeping(() => undefined));
    expect(await exchange(address, bytes)).toBe('');
    expect(errors).toEqual([
      expect.objectContaining({
        name: 'FrontServerError',
        protocol: 'uwsgi',
        message: expect.stringMatching(why) as string,
      }),
    ]);
  });

  test('more variables than there may be are refused', async () => {
    const { address, errors } = await serving(
      keeping(() => undefined),
      { maxHeadBytes: 10 },
    );
    expect(await exchange(address, requestOf({ A: 'x'.repeat(10) }))).toBe('');
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/more than 10 bytes/) as string }),
    ]);
  });
});
