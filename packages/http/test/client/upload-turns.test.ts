import { expect, it } from 'vitest';
import type { ByteStream } from '@wirestack/socket';
import { Upload } from '../../src/client/upload.ts';
import { ClientConnection } from '../../src/protocol/client-connection.ts';

/** A connection whose other end takes all as fast as it comes. */
const quick = {
  needsDrain: false,
  write: () => Promise.resolve(),
  cork: () => undefined,
  uncork: () => undefined,
} as unknown as ByteStream;

it('an upload that never has to wait lets others have their turn, so that an answer before its end is seen', async () => {
  let made = 0;
  const piece = Buffer.alloc(65_536);
  function* pieces(): Generator<Uint8Array> {
    for (; made < 1000; made++) yield piece;
  }
  const line = { method: 'PUT', target: '/', headers: [['Host', 'x']] as const };
  const request = { url: 'http://x/', method: 'PUT', headers: line.headers, body: pieces(), options: {} };
  const upload = new Upload(request, quick, new ClientConnection());
  upload.begin(line);
  const ended = upload.run(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  // 1 MB, and the piece that is being made.
  expect(made).toBeLessThanOrEqual(17);
  upload.stop();
  expect(await ended).toBe(false);
  expect(made).toBeLessThanOrEqual(17);
});
