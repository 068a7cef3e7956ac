import { describe, expect, it } from 'vitest';
import { run, setupTestingDefaults, validator, type Application } from '@wirestack/gateway';
import { fromRack, toRack } from '@wirestack/gateway/rack';
import { ask, serving } from '../peer.ts';

const environ = setupTestingDefaults();

describe('fromRack', () => {
  it('serves status, fields and body given as one value, or a promise of it', async () => {
    for (const app of [
      fromRack(() => [201, { 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] }, ['made']]),
      fromRack(() =>
        Promise.resolve([201, { 'Content-Type': 'text/plain', 'Set-Cookie': ['a=1', 'b=2'] }, ['made']]),
      ),
      fromRack(() => [
        201,
        [
          ['Content-Type', 'text/plain'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
        ['made'],
      ]),
    ]) {
      const { address } = await serving(validator(app));
      const reply = await ask(address, 'GET /');
      expect(reply.statusLine).toBe('HTTP/1.1 201 Created');
      expect(reply.headers.filter(([name]) => name === 'Set-Cookie')).toEqual([
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      expect(reply.body).toBe('made');
    }
  });

  it('costs no promise where the application makes none', () => {
    expect(
      run(
        fromRack(() => [200, {}, ['x']]),
        environ,
      ),
    ).toMatchObject({ status: 200, body: 'x' });
  });

  it('lets errors through, and refuses what startResponse refuses', async () => {
    const fault = new Error('no');
    expect(() =>
      run(
        fromRack(() => {
          throw fault;
        }),
        environ,
      ),
    ).toThrow(fault);
    await expect(
      run(
        fromRack(() => Promise.reject(fault)),
        environ,
      ),
    ).rejects.toBe(fault);
    expect(() =>
      run(
        fromRack(() => [200, { a: 'b\r\nc: d' }, []]),
        environ,
      ),
    ).toThrow(expect.objectContaining({ code: 'BAD_HEADER' }));
    expect(() =>
      run(
        fromRack(() => [99, {}, []]),
        environ,
      ),
    ).toThrow(expect.objectContaining({ code: 'BAD_STATUS' }));
  });
});

describe('toRack', () => {
  it('gives the response as a value, and there and back is the same', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('404 Not Found', [
        ['X', '1'],
        ['X', '2'],
      ]);
      return ['none'];
    };
    const value = await toRack(app)(environ);
    expect(value).toEqual([
      404,
      [
        ['X', '1'],
        ['X', '2'],
      ],
      ['none'],
    ]);
    expect(
      await run(
        fromRack(() => value),
        environ,
      ),
    ).toEqual(await run(app, environ));
  });
});
