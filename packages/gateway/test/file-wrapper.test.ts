import { writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FileWrapper, type Application } from '@wirestack/gateway';
import { ask, serving, turnsUntil } from './peer.ts';
import { openUnder, scratch } from './scratch.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));

async function file(): Promise<{ handle: FileHandle; directory: string }> {
  const directory = scratch();
  writeFileSync(`${directory}/f`, content);
  return { handle: await open(`${directory}/f`), directory };
}

function sending(wrapper: FileWrapper): Application {
  return (environ, startResponse) => {
    startResponse('200 OK', []);
    return environ['wsgi.file_wrapper'] === FileWrapper ? wrapper : [];
  };
}

test.each([
  ['the whole file', 200_000, 0],
  ['a part of it', 100_000, 50_000],
  ['nothing of it', 0, 10],
])('%s is sent with its Content-Length, and closed', async (_what, length, start) => {
  const { handle, directory } = await file();
  const { address } = await serving(sending(new FileWrapper(handle, length, start)));
  const reply = await ask(address, 'GET /');
  expect(reply.header('content-length')).toBe(String(length));
  expect(Buffer.from(reply.body, 'latin1').equals(content.subarray(start, start + length))).toBe(true);
  await turnsUntil(() => openUnder(directory) === 0);
});

test('HEAD has the length and closes the file', async () => {
  const { handle, directory } = await file();
  const { address } = await serving(sending(new FileWrapper(handle, 200_000)));
  const reply = await ask(address, 'HEAD /');
  expect(reply.header('content-length')).toBe('200000');
  await turnsUntil(() => openUnder(directory) === 0);
});

test('middleware iterates it like any body, and it is closed', async () => {
  const { handle, directory } = await file();
  const { address } = await serving(async function* (environ, startResponse) {
    const body = await sending(new FileWrapper(handle, 150_000, 100))(environ, startResponse);
    if (!(body instanceof FileWrapper)) throw new Error('unreachable');
    try {
      yield* body;
    } finally {
      await body.close();
    }
  } as Application);
  const reply = await ask(address, 'GET /');
  expect(reply.header('transfer-encoding')).toBe('chunked');
  expect(Buffer.from(reply.body, 'latin1').equals(content.subarray(100, 150_100))).toBe(true);
  await turnsUntil(() => openUnder(directory) === 0);
});

test('iteration ends where the file does', async () => {
  const { handle } = await file();
  const wrapper = new FileWrapper(handle, 1_000_000, 199_990);
  const chunks: Uint8Array[] = [];
  for await (const chunk of wrapper) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(content.subarray(199_990))).toBe(true);
  await wrapper.close();
  await wrapper.close();
});

test('returned without startResponse it is closed as well', async () => {
  const { handle, directory } = await file();
  const { address, errors } = await serving(() => new FileWrapper(handle, 10));
  expect((await ask(address, 'GET /')).status).toBe(500);
  expect(errors).toMatchObject([{ code: 'NOT_STARTED' }]);
  await turnsUntil(() => openUnder(directory) === 0);
});

test('a length that is not the Content-Length of the application ends the connection, and closes it', async () => {
  const { handle, directory } = await file();
  const { address, errors } = await serving((_environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '5']]);
    return new FileWrapper(handle, 10);
  });
  expect((await ask(address, 'GET /')).isComplete).toBe(false);
  expect(errors).toMatchObject([{ code: 'BAD_BODY' }]);
  await turnsUntil(() => openUnder(directory) === 0);
});
