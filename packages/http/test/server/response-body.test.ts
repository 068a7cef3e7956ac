import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpResponse, ResponseBody } from '@wirestack/http';
import { gate, serving, standstill, turn, turnsUntil } from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { field, get } from './raw-client.ts';

/** What a client gets for this response, on a connection that serves another request afterwards. */
async function answerTo(response: HttpResponse, request = get()): ReturnType<RawClient['answer']> {
  const { client } = await serving(({ path }) =>
    path === '/after' ? { status: 200, body: 'after' } : response,
  );
  const peer = await client();
  await peer.send(request + get('/after'));
  const answer = await peer.answer(request.slice(0, request.indexOf(' ')));
  expect((await peer.answer()).body).toBe('after');
  return answer;
}

const large = '0123456789abcdef'.repeat(20_000);

test.each<[string, ResponseBody, string]>([
  ['an empty string', '', ''],
  ['a string', 'hello', 'hello'],
  ['a string of latin1', 'café', Buffer.from('café').toString('latin1')],
  ['a string beyond latin1', '世界 🌍', Buffer.from('世界 🌍').toString('latin1')],
  ['a string with half a pair', 'x\ud800', Buffer.from('x\ud800').toString('latin1')],
  ['a string of 16,383 characters', large.slice(0, 16_383), large.slice(0, 16_383)],
  ['a string of 16,384 characters', large.slice(0, 16_384), large.slice(0, 16_384)],
  ['a long string', large, large],
  ['a long string beyond latin1', '世'.repeat(20_000), Buffer.from('世'.repeat(20_000)).toString('latin1')],
  ['no bytes', new Uint8Array(0), ''],
  ['bytes', Uint8Array.of(0, 13, 10, 255, 128), '\0\r\n\xff\x80'],
  ['a view of bytes', Buffer.from(large).subarray(7, 5000), large.slice(7, 5000)],
  ['many bytes', Buffer.from(large), large],
])('%s goes with its length in bytes', async (_name, body, expected) => {
  const answer = await answerTo({ status: 200, body });
  expect(field(answer.head, 'Content-Length')).toBe(String(expected.length));
  expect(answer.body === expected).toBe(true);
});

test('megabytes arrive as they were, whole or in pieces', async () => {
  const bytes = Buffer.alloc(9_000_001, 'all of it, and in order; ');
  for (const body of [
    bytes,
    bytes.toString(),
    [bytes],
    [bytes.subarray(0, 5_000_000), bytes.subarray(5_000_000)],
  ]) {
    const answer = await answerTo({ status: 200, body });
    expect(field(answer.head, 'Content-Length')).toBe(Array.isArray(body) ? undefined : String(bytes.length));
    const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
    expect(digest(Buffer.from(answer.body, 'latin1'))).toBe(digest(bytes));
  }
});

async function* slowly(pieces: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const piece of pieces) {
    await turn();
    yield piece;
  }
}

const pieces = ['', 'one ', new Uint8Array(0), Buffer.from('two '), '世', large, Buffer.from(large), ''];
const joined = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))).toString('latin1');

test.each<[string, () => ResponseBody]>([
  ['an array', () => pieces],
  ['a generator', () => pieces.values()],
  ['an async generator', () => slowly(pieces)],
  ['a web stream', () => new Blob(pieces.map((piece) => Buffer.from(piece as string))).stream()],
])('%s goes in chunks, empty pieces left out', async (_name, body) => {
  const chunked = await answerTo({ status: 200, body: body() });
  expect(field(chunked.head, 'Transfer-Encoding')).toBe('chunked');
  expect(chunked.body === joined).toBe(true);
});

test('with a Content-Length it goes as it is', async () => {
  for (const body of [pieces, slowly(pieces)]) {
    const answer = await answerTo({
      status: 200,
      headers: [['Content-Length', String(joined.length)]],
      body,
    });
    expect(field(answer.head, 'Transfer-Encoding')).toBeUndefined();
    expect(answer.body === joined).toBe(true);
  }
});

test('an iterable of nothing is an empty body', async () => {
  for (const body of [[], ['', ''], slowly([])]) {
    expect((await answerTo({ status: 200, body })).body).toBe('');
  }
});

test('trailers go behind chunks, asked for at the end of the body', async () => {
  const order: string[] = [];
  const answer = await answerTo({
    status: 200,
    body: (function* () {
      yield 'body';
      order.push('body');
    })(),
    trailers: () => {
      order.push('trailers');
      return [['X-Sum', '7']];
    },
  });
  expect(answer).toMatchObject({ body: 'body', trailers: 'X-Sum: 7\r\n' });
  expect(order).toEqual(['body', 'trailers']);
});

test('trailers that may not be sent break the connection, not the message', async () => {
  const { client, errors } = await serving(() => ({
    status: 200,
    body: ['x'],
    trailers: () => [['Content-Length', '1']],
  }));
  const peer = await client();
  await peer.send(get());
  expect(await peer.untilCut()).toMatch(/\r\n1\r\nx\r\n$/);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_FIELD' })]);
});

test.each<[string, string, ResponseBody, string]>([
  ['shorter', '5', ['1234'], '1234'],
  ['longer', '5', ['123', '456'], '123'],
])('pieces that are %s than their Content-Length abort the connection', async (_name, length, body, sent) => {
  const { client, errors } = await serving(() => ({
    status: 200,
    headers: [['Content-Length', length]],
    body,
  }));
  const peer = await client();
  await peer.send(get() + get());
  expect(await peer.untilCut()).toMatch(new RegExp(`\r\n\r\n${sent}$`));
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
});

test('a whole body that contradicts its Content-Length is a 500, for nothing was sent yet', async () => {
  const { client, errors } = await serving(() => ({
    status: 200,
    headers: [['Content-Length', '5']],
    body: '1234',
  }));
  const peer = await client();
  await peer.send(get());
  expect((await peer.answer()).status).toBe(500);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
});

/** A file of `content`, and whether its handle is closed yet. */
async function scratchFile(content: string): Promise<{ path: string; file: FileHandle }> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, content);
  return { path, file: await open(path) };
}

test.each([
  ['whole', 0, large.length, 'GET'],
  ['in part', 1000, 70_000, 'GET'],
  ['empty', 0, 0, 'GET'],
  ['with HEAD', 0, large.length, 'HEAD'],
])('a file %s goes with its Content-Length, and is closed', async (_name, start, length, method) => {
  const { file } = await scratchFile(large);
  const answer = await answerTo({ status: 200, body: { file, start, length } }, get().replace('GET', method));
  expect(field(answer.head, 'Content-Length')).toBe(String(length));
  expect(answer.body === (method === 'HEAD' ? '' : large.slice(start, start + length))).toBe(true);
  await turnsUntil(() => file.fd < 0);
});

test('a file that shrinks while it is sent breaks the connection, not the length', async () => {
  const { path, file } = await scratchFile(large);
  await truncate(path, 1000);
  const { client, errors } = await serving(() => ({ status: 200, body: { file, length: large.length } }));
  const peer = await client();
  await peer.send(get());
  expect(await peer.untilCut()).toMatch(/\r\n\r\n.{1000}$/);
  expect(errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
  await turnsUntil(() => file.fd < 0);
});

test('a file that grows is sent up to the length given', async () => {
  const { path, file } = await scratchFile('12345');
  await writeFile(path, '1234567890');
  expect((await answerTo({ status: 200, body: { file, length: 5 } })).body).toBe('12345');
});

test('a file is closed where the response cannot be sent', async () => {
  const { opened, open: release } = gate();
  const files = await Promise.all(Array.from({ length: 4 }, () => scratchFile(large)));
  const [badHeader, badLength, late, cut] = files.map(({ file }) => file) as [
    FileHandle,
    FileHandle,
    FileHandle,
    FileHandle,
  ];
  const { server, client, errors } = await serving(async ({ path }): Promise<HttpResponse> => {
    if (path === '/header')
      return { status: 200, headers: [['X', 'a\r\nb']], body: { file: badHeader, length: 5 } };
    if (path === '/length') return { status: 200, body: { file: badLength, length: -1 } };
    if (path === '/cut')
      return {
        status: 200,
        headers: [['Content-Length', '1000000000']],
        body: { file: cut, length: large.length },
      };
    await opened;
    return { status: 200, body: { file: late, length: 5 } };
  });
  const peer = await client();
  await peer.send(get('/header') + get('/length') + get('/late'));
  expect((await peer.answers(2)).map(({ status }) => status)).toEqual([500, 500]);
  expect(errors.splice(0)).toHaveLength(2);
  peer.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  release();
  const second = await client();
  await second.send(get('/cut'));
  await second.take(1000);
  second.stream.abort();
  await turnsUntil(() => server.stats.connections === 0);
  await turnsUntil(() => files.every(({ file }) => file.fd < 0));
  await standstill(() => errors.length);
  errors.splice(0);
});
