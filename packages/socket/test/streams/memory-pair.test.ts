import { expect, test } from 'vitest';
import { socketPair } from '@wirestack/socket';
import { textUntilEnd } from '../scratch.ts';

test('back-pressure begins at highWaterBytes, and ends when the peer has read everything', async () => {
  const [a, b] = socketPair({ highWaterBytes: 10 });
  await a.write('123456789');
  expect(a.needsDrain).toBe(false);
  const blocked = a.write('0');
  expect(a.needsDrain).toBe(true);
  await b.read();
  expect(a.needsDrain).toBe(true);
  await b.read();
  await blocked;
  expect(a.needsDrain).toBe(false);
});

test.each([0, -1, NaN])('highWaterBytes %d is refused with BAD_ARGUMENT', (highWaterBytes) => {
  expect(() => socketPair({ highWaterBytes })).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error,
  );
});

test('writing to a peer that has closed rejects PEER_CLOSED', async () => {
  const [a, b] = socketPair();
  await b.close();
  await expect(a.write('x')).rejects.toMatchObject({ name: 'SocketError', code: 'PEER_CLOSED' });
  expect(await a.read()).toBeUndefined();
});

test('a peer that closes with bytes unread resets, as Linux does', async () => {
  const [a, b] = socketPair();
  await a.write('unread');
  await b.close();
  await expect(a.write('more')).rejects.toMatchObject({ code: 'RESET' });
  await expect(a.closed).rejects.toMatchObject({ code: 'RESET' });
});

test('what was written before close() is read after it', async () => {
  const [a, b] = socketPair();
  await a.write('before');
  await a.close();
  expect(await textUntilEnd(b)).toBe('before');
});

test('written memory is copied: the writer’s buffer and the reader’s are two', async () => {
  const [a, b] = socketPair();
  const bytes = new Uint8Array([1, 2, 3]);
  await a.write(bytes);
  const read = await b.read();
  read?.fill(9);
  expect([...bytes]).toEqual([1, 2, 3]);
});

test('every pair has names of its own', () => {
  const names = [socketPair(), socketPair()].flat().map(({ localAddress }) => JSON.stringify(localAddress));
  expect(new Set(names).size).toBe(4);
});
