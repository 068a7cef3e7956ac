import {
  ReadableStream,
  WritableStream,
  CompressionStream,
  DecompressionStream,
  TransformStream,
} from 'node:stream/web';
import { describe, expect, test } from 'vitest';
import { SocketUsageError, type ByteStream } from '@wirestack/socket';
import { StreamReader } from '../../src/streams/stream-reader.ts';
import { fromWebStreams, toWebStreams } from '../../src/streams/web-streams.ts';
import { disposed, textUntilEnd, turnsUntil } from '../scratch.ts';
import { itKeepsTheContract, memoryPair, overMemory, overTcp, tcpPair } from './contract.ts';

const thereAndBack = (stream: ByteStream): ByteStream =>
  fromWebStreams(toWebStreams(stream), {
    localAddress: stream.localAddress,
    remoteAddress: stream.remoteAddress,
  });

itKeepsTheContract('web streams there and back, in memory', overMemory(thereAndBack));
itKeepsTheContract('web streams there and back, over TCP', overTcp(thereAndBack));

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('toWebStreams', () => {
  test('gives a body for Response', async () => {
    const [a, b] = memoryPair();
    void b.write('{"an":');
    void b.write('"answer"}');
    void b.shutdown('write');
    expect(await new Response(toWebStreams(a).readable as never).json()).toEqual({ an: 'answer' });
  });

  test('takes the body of a Response, and ends with it', async () => {
    const [a, b] = memoryPair();
    const { body } = new Response('a body of some length');
    await (body as ReadableStream<Uint8Array>).pipeTo(toWebStreams(a).writable);
    expect(await textUntilEnd(b)).toBe('a body of some length');
  });

  test('goes through the transforms of the platform, over TCP', async () => {
    const { a, b, close } = await tcpPair();
    await close();
    const near = toWebStreams(disposed(a));
    const far = toWebStreams(disposed(b));
    const text = 'squeeze me '.repeat(50_000);
    const sent = new Blob([text])
      .stream()
      .pipeThrough(new CompressionStream('gzip') as never)
      .pipeTo(near.writable);
    const unzipped = far.readable.pipeThrough(new DecompressionStream('gzip'));
    expect(await new Response(unzipped as never).text()).toBe(text);
    await sent;
  });

  test('reads into memory of the reader (BYOB), as much as there is room for', async () => {
    const [a, b] = memoryPair();
    void b.write('abcdefgh');
    void b.shutdown('write');
    const reader = toWebStreams(a).readable.getReader({ mode: 'byob' });
    const parts: string[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (done) break;
      parts.push(textOf(value));
    }
    expect(parts).toEqual(['abc', 'def', 'gh']);
  });

  test('copies what shares its memory: nobody else loses bytes', async () => {
    const [a, b] = memoryPair();
    void b.write('head\nbody');
    const lines = new StreamReader(a);
    const line = await lines.readUntil('\n');
    const reader = toWebStreams(lines.release()).readable.getReader();
    expect(textOf((await reader.read()).value)).toBe('body');
    expect(textOf(line)).toBe('head\n');
  });

  test('reads nothing before it is asked', async () => {
    const [a, b] = memoryPair();
    toWebStreams(a);
    void b.write(new Uint8Array(65_536));
    await Promise.resolve();
    expect(b.needsDrain).toBe(true);
    expect((await a.read())?.length).toBe(65_536);
  });

  test('a write is done once more may be written', async () => {
    const [a, b] = memoryPair();
    const writer = toWebStreams(a).writable.getWriter();
    await writer.write('text');
    let isDone = false;
    const written = writer.write(new Uint8Array(100_000)).then(() => (isDone = true));
    await turnsUntil(() => a.needsDrain);
    expect(isDone).toBe(false);
    let got = 0;
    while (got < 100_004) got += (await b.read())?.length ?? 0;
    await written;
    await writer.close();
    expect(await b.read()).toBeUndefined();
  });

  test('refuses a chunk that is neither bytes nor text', async () => {
    const [a] = memoryPair();
    const writer = toWebStreams(a).writable.getWriter();
    writer.closed.catch(() => undefined);
    await expect(writer.write(5 as never)).rejects.toBeInstanceOf(SocketUsageError);
  });

  test('cancel() drops what the peer sends, and writing goes on', async () => {
    const [a, b] = memoryPair();
    const { readable, writable } = toWebStreams(a);
    const reader = readable.getReader();
    const read = reader.read();
    await reader.cancel('no need');
    expect((await read).done).toBe(true);
    await b.write(new Uint8Array(1_000_000));
    const writer = writable.getWriter();
    await writer.write('still here');
    expect(textOf(await b.read())).toBe('still here');
    await writer.close();
    await a.closed;
  });

  test.each(['cancel first', 'close first'])(
    'cancelled and closed it closes the stream: %s',
    async (order) => {
      const [a, b] = memoryPair();
      const { readable, writable } = toWebStreams(a);
      if (order === 'cancel first') await readable.cancel();
      await writable.close();
      if (order === 'close first') await readable.cancel();
      await a.closed;
      await expect(a.write('x')).rejects.toMatchObject({ code: 'CLOSED' });
      expect(await b.read()).toBeUndefined();
    },
  );

  test('abort() of the writable aborts the stream, also while a write is blocked', async () => {
    const [a, b] = memoryPair();
    const writer = toWebStreams(a).writable.getWriter();
    writer.closed.catch(() => undefined);
    const blocked = writer.write(new Uint8Array(100_000));
    await turnsUntil(() => a.needsDrain);
    const reason = new Error('enough');
    const aborted = writer.abort(reason);
    await expect(blocked).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    await aborted.catch(() => undefined);
    await expect(b.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  test('a reset fails both, with the error of the stream', async () => {
    const [a, b] = memoryPair();
    const { readable, writable } = toWebStreams(a);
    const reader = readable.getReader();
    const writer = writable.getWriter();
    const read = reader.read();
    b.abort();
    const reset = { name: 'SocketError', code: 'RESET' };
    await expect(read).rejects.toMatchObject(reset);
    await expect(reader.closed).rejects.toMatchObject(reset);
    await expect(writer.closed).rejects.toMatchObject(reset);
  });
});

describe('fromWebStreams', () => {
  test('joins the two ends of a transform', async () => {
    const stream = fromWebStreams(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller): void {
          controller.enqueue(chunk.slice().reverse());
        },
      }),
    );
    void stream.write('drawer');
    void stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('reward');
    await stream.closed;
  });

  test('an empty chunk is not the end', async () => {
    const readable = new ReadableStream<Uint8Array>({
      start(controller): void {
        for (const chunk of ['a', '', '', 'b']) controller.enqueue(ascii(chunk));
        controller.close();
      },
    });
    expect(await textUntilEnd(fromWebStreams({ readable, writable: new WritableStream() }))).toBe('ab');
  });

  test('whatever a web stream fails with is the cause of the error', async () => {
    for (const reason of [new Error('broken'), 'text', undefined]) {
      const readable = new ReadableStream<Uint8Array>({
        pull(controller): void {
          controller.error(reason);
        },
      });
      const stream = fromWebStreams({ readable, writable: new WritableStream() });
      const failure: unknown = await stream.read().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'SocketError', code: 'OTHER' });
      const { cause } = failure as Error;
      expect(reason instanceof Error ? cause : (cause as Error).cause).toBe(reason);
    }
  });

  test('abort() aborts the one and cancels the other', async () => {
    const told: string[] = [];
    const readable = new ReadableStream<Uint8Array>({ cancel: () => void told.push('cancelled') });
    const writable = new WritableStream<Uint8Array>({ abort: () => void told.push('aborted') });
    const stream = fromWebStreams({ readable, writable });
    stream.abort(new Error('enough'));
    await expect(stream.closed).rejects.toMatchObject({ code: 'ABORTED' });
    await turnsUntil(() => told.length === 2);
    expect(told.sort()).toEqual(['aborted', 'cancelled']);
  });

  test('a locked stream is refused', () => {
    const readable = new ReadableStream<Uint8Array>();
    readable.getReader();
    expect(() => fromWebStreams({ readable, writable: new WritableStream() })).toThrow(TypeError);
  });
});
