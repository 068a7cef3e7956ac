import * as promises from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { staticFiles } from '@wirestack/http/static';
import { serving } from '../server/harness.ts';
import { get } from '../server/raw-client.ts';
import { ask, openUnder, site } from './site.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  return { ...real, open: vi.fn(real.open), realpath: vi.fn(real.realpath) };
});

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: open '/secret/root/a'`), {
    code,
    syscall: 'open',
    path: '/secret/root/a',
  });

describe.each(['open', 'realpath'] as const)('where %s fails', (call) => {
  it.each(['ENOENT', 'EACCES', 'EPERM', 'ELOOP', 'ENXIO', 'ENAMETOOLONG', 'ENOTDIR', 'EINVAL'])(
    'with %s it is not found, and nobody is told',
    async (code) => {
      const root = site({ a: 'x' });
      vi.mocked(promises[call]).mockRejectedValueOnce(systemError(code));
      expect(await ask(staticFiles(root), '/a')).toMatchObject({ status: 404, body: '404 Not Found\n' });
    },
  );

  it.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])(
    'with %s it is the server’s trouble: 500, which no cache keeps, and onError is told',
    async (code) => {
      const root = site({ a: 'x' });
      const { client, errors } = await serving(staticFiles(root));
      const peer = await client();
      vi.mocked(promises[call]).mockRejectedValueOnce(systemError(code));
      await peer.send(get('/a') + get('/a'));
      const [failed, second] = await peer.answers(2);
      expect(failed!.status).toBe(500);
      expect(failed!.head + failed!.body).not.toContain('secret');
      expect(second!.body).toBe('x');
      expect(errors.splice(0)).toMatchObject([{ code }]);
      expect(openUnder(root)).toBe(0);
    },
  );
});

describe('what the program gives', () => {
  it('and throws is an error of the server, and leaves no file open', async () => {
    const root = site({ a: 'x' });
    const fault = new Error('of the program');
    const handler = staticFiles(root, {
      headers: () => {
        throw fault;
      },
    });
    await expect(ask(handler, '/a')).rejects.toBe(fault);
    expect(openUnder(root)).toBe(0);
  });

  it('may not contradict what is sent', async () => {
    const root = site({ a: 'x' });
    for (const name of [
      'Content-Length',
      'etag',
      'Content-Encoding',
      'Content-Range',
      'Last-Modified',
      'Transfer-Encoding',
    ]) {
      await expect(ask(staticFiles(root, { headers: () => [[name, '1']] }), '/a')).rejects.toMatchObject({
        code: 'BAD_FIELD',
      });
    }
    expect(openUnder(root)).toBe(0);
  });
});
