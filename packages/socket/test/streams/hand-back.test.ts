import { expect, test } from 'vitest';
import { handBack, type ByteStream } from '@wirestack/socket';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { itKeepsTheContract, memoryPair, overMemory, overTcp } from './contract.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const quiet = {
  data: () => undefined,
  end: () => undefined,
  closed: () => undefined,
  drain: () => undefined,
};

/** Driven in push mode before, and handed back. */
const driven = (stream: ByteStream): ByteStream => {
  stream.attach(quiet);
  return handBack(stream);
};

itKeepsTheContract('a stream handed back, in memory', overMemory(driven));
itKeepsTheContract('a stream handed back, over TCP', overTcp(driven));

test('what the driver read too far comes first, to read()', async () => {
  const [stream, peer] = memoryPair();
  stream.attach(quiet);
  const back = handBack(stream, [ascii('too '), ascii('far')]);
  await peer.write(' and on');
  expect(textOf(await back.read())).toBe('too ');
  expect(textOf(await back.read())).toBe('far');
  expect(textOf(await back.read())).toBe(' and on');
});

test('and to a receiver, in a later turn', async () => {
  const [stream, peer] = memoryPair();
  stream.attach(quiet);
  const back = handBack(stream, [ascii('too far')]);
  const receiver = new RecordingReceiver();
  back.attach(receiver);
  expect(receiver.calls).toEqual([]);
  await peer.write(' and on');
  await receiver.untilBytes(14);
  expect(receiver.text).toBe('too far and on');
});

test('a peer that had ended before has ended', async () => {
  const [stream, peer] = memoryPair();
  const driver = new RecordingReceiver();
  stream.attach(driver);
  await peer.shutdown('write');
  await driver.untilCalled('end');
  const back = handBack(stream, [ascii('rest')]);
  expect(textOf(await back.read())).toBe('rest');
  expect(await back.read()).toBeUndefined();
});

test('a peer that sends on is held up by a reader that does not read', async () => {
  const [stream, peer] = memoryPair();
  stream.attach(quiet);
  const back = handBack(stream);
  const sent = new Uint8Array(1_000_000).map((_, at) => at % 251);
  let isSent = false;
  const sending = (async () => {
    for (let at = 0; at < sent.length; at += 50_000) await peer.write(sent.subarray(at, at + 50_000));
    isSent = true;
    await peer.shutdown('write');
  })();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isSent).toBe(false);
  const received: number[] = [];
  for await (const chunk of back) for (const byte of chunk) received.push(byte);
  await sending;
  expect(Uint8Array.from(received)).toEqual(sent);
});
