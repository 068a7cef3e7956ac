import * as promises from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { staticFiles } from '@wirestack/gateway';
import { ask, serving } from '../peer.ts';
import { scratch } from '../scratch.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  return { ...real, open: vi.fn(real.open) };
});

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: open '/root/a'`), { code, syscall: 'open' });

/** What a GET is answered while the system refuses to open a file. */
async function whileFailing(code: string): Promise<{ status: number; raw: string; errors: unknown[] }> {
  const root = scratch();
  writeFileSync(`${root}/a`, 'x');
  const { address, errors } = await serving(staticFiles(root));
  vi.mocked(promises.open).mockRejectedValueOnce(systemError(code));
  const { status, raw } = await ask(address, 'GET /a');
  expect((await ask(address, 'GET /a')).body).toBe('x');
  return { status, raw, errors };
}

test.each(['ENOENT', 'EACCES', 'EPERM', 'ELOOP', 'ENXIO', 'ENAMETOOLONG', 'ENOTDIR'])(
  '%s is not found, and nobody is told',
  async (code) => {
    expect(await whileFailing(code)).toMatchObject({ status: 404, errors: [] });
  },
);

test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])(
  '%s is the server’s trouble: 500, which no cache keeps, and onError is told',
  async (code) => {
    const { status, raw, errors } = await whileFailing(code);
    expect(status).toBe(500);
    expect(raw).not.toContain('/root/a');
    expect(errors).toMatchObject([{ code }]);
  },
);
