import { describe, test } from 'vitest';
import { connect, listen, socketPair, type ByteStream, type WriteOptions } from '@wirestack/socket';
import { streamContract, type StreamPair, type StreamPairFactory } from '@wirestack/socket/testing';
import { ForwardingStream } from '../../src/streams/forwarding-stream.ts';
import { disposed } from '../scratch.ts';

/** Every sentence of the contract, over the pairs that `makePair` makes. */
export function itKeepsTheContract(over: string, makePair: StreamPairFactory): void {
  describe(`ByteStream over ${over}`, () => {
    for (const { name, run } of streamContract) {
      test(name, { timeout: 30_000 }, () => run(makePair));
    }
  });
}

/** A pair in memory, closed with the test. */
export function memoryPair(): [ByteStream, ByteStream] {
  const [a, b] = socketPair();
  return [disposed(a), disposed(b)];
}

/** A pair in memory whose first end is wrapped, its chunks no larger than those of a socket. */
export function overMemory(
  wrap: (stream: ByteStream) => ByteStream | Promise<ByteStream>,
): StreamPairFactory {
  return async () => {
    const [a, b] = socketPair();
    return { a: await wrap(new SmallChunks(a)), b: new SmallChunks(b) };
  };
}

/** A TCP connection whose first end is wrapped. */
export function overTcp(wrap: (stream: ByteStream) => ByteStream | Promise<ByteStream>): StreamPairFactory {
  return async () => {
    const { a, b, close } = await tcpPair();
    return { a: await wrap(a), b, close };
  };
}

export async function tcpPair(): Promise<StreamPair & { close(): Promise<void> }> {
  const listener = await listen('tcp://127.0.0.1:0');
  const [a, b] = await Promise.all([connect(listener.address), listener.accept()]);
  return { a, b, close: () => listener.close() };
}

/** A pair in memory hands over each write as one chunk; what reads a chunk ahead, as node's streams do, would read 64 MB ahead. */
class SmallChunks extends ForwardingStream {
  override write(data: Uint8Array | string, options?: WriteOptions): Promise<void> {
    if (typeof data === 'string' || data.length <= largestChunk) return super.write(data, options);
    for (let at = 0; ; at += largestChunk) {
      const chunk = data.subarray(at, at + largestChunk);
      if (at + largestChunk >= data.length) return super.write(chunk, options);
      void super.write(chunk);
    }
  }
}

const largestChunk = 65_536;
