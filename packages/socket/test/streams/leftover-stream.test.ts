import { describe, expect, test } from 'vitest';
import { SocketUsageError, type ByteReceiver, type ByteStream, type Deadline } from '@wirestack/socket';
import { ForwardingStream } from '../../src/streams/forwarding-stream.ts';
import { LeftoverStream } from '../../src/streams/leftover-stream.ts';
import { StreamReader } from '../../src/streams/stream-reader.ts';
import { RecordingReceiver } from '../../src/testing/recording-receiver.ts';
import { disposed } from '../scratch.ts';
import { itKeepsTheContract, memoryPair, overMemory, overTcp, tcpPair } from './contract.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** A reader, and its peer. */
function pair(): { reader: StreamReader; stream: ByteStream; peer: ByteStream } {
  const [stream, peer] = memoryPair();
  return { reader: new StreamReader(stream), stream, peer };
}

describe('StreamReader.release', () => {
  test('gives the stream back with what is left over in front, to read()', async () => {
    const { reader, peer } = pair();
    await peer.write('head\nbody');
    expect(await reader.readLine()).toBe('head');
    const stream = reader.release();
    expect(textOf(await stream.read())).toBe('body');
    await peer.write(' goes on');
    expect(textOf(await stream.read())).toBe(' goes on');
  });

  test('and to a receiver, in a later turn, before what follows', async () => {
    const { reader, peer } = pair();
    await peer.write('head\nbody');
    await reader.readLine();
    const stream = reader.release();
    const receiver = new RecordingReceiver();
    stream.attach(receiver);
    expect(receiver.calls).toEqual([]);
    await peer.write(' goes on');
    await peer.shutdown('write');
    await receiver.untilCalled('end');
    expect(receiver.text).toBe('body goes on');
    await stream.close();
    await receiver.untilCalled('closed');
    expect(receiver.calls).toEqual(['data', 'end', 'closed']);
  });

  test('gives the very stream where nothing is left over, and where it is of a socket', async () => {
    const { reader, stream } = pair();
    expect(reader.release()).toBe(stream);
    const { a, b, close } = await tcpPair();
    disposed(a);
    disposed(b);
    await b.write('head\nbody');
    const socketReader = new StreamReader(a);
    await socketReader.readLine();
    expect(socketReader.release()).toBe(a);
    expect(textOf(await new StreamReader(a).readExactly(4))).toBe('body');
    await close();
  });

  test('may be done again and again without a wrapper round a wrapper', async () => {
    const { stream, peer } = pair();
    await peer.write('abcdef');
    let current = stream;
    const wrappers = new Set<ByteStream>();
    for (const letter of 'abcde') {
      const reader = new StreamReader(current);
      expect(textOf(await reader.readExactly(1))).toBe(letter);
      current = reader.release();
      wrappers.add(current);
    }
    expect(wrappers.size).toBe(1);
    expect(textOf(await current.read())).toBe('f');
  });

  test('what is left over makes the stream readable, as the check before a handshake asks', async () => {
    const { reader, peer } = pair();
    await peer.write('head\nbody');
    await reader.readLine();
    const stream = reader.release();
    expect(stream).toMatchObject({ isReadable: true });
    await stream.read();
    expect(stream).toMatchObject({ isReadable: false });
  });
});

describe('LeftoverStream in push mode', () => {
  test('pause() between two chunks that are left over holds the second back, and the peer', async () => {
    const [a, b] = memoryPair();
    const stream = new LeftoverStream(a, [ascii('one'), ascii('two')]);
    const receiver = new RecordingReceiver();
    receiver.onData = () => {
      stream.pause();
    };
    stream.attach(receiver);
    void b.write(new Uint8Array(100_000).fill(0x78));
    void b.shutdown('write');
    await turns();
    expect(receiver.text).toBe('one');
    expect(b.needsDrain).toBe(true);
    stream.resume();
    await turns();
    expect(receiver.text).toBe('onetwo');
    expect(b.needsDrain).toBe(true);
    stream.resume();
    await receiver.untilBytes(100_006);
    expect(receiver.calls).toEqual(['data']);
    stream.resume();
    await receiver.untilCalled('end');
  });

  test('an end that came with what is left over follows it, and waits for resume()', async () => {
    const [a, b] = memoryPair();
    await b.shutdown('write');
    const stream = new LeftoverStream(a, [ascii('last')]);
    const receiver = new RecordingReceiver();
    stream.attach(receiver);
    stream.pause();
    await turns();
    expect(receiver.calls).toEqual([]);
    stream.resume();
    await receiver.untilCalled('end');
    await stream.close();
    await receiver.untilCalled('closed');
    expect(receiver.text).toBe('last');
    expect(receiver.calls).toEqual(['data', 'end', 'closed']);
  });

  test('a reset is told after what is left over, or at once to a receiver that is paused', async () => {
    for (const isPaused of [false, true]) {
      const [a, b] = memoryPair();
      const stream = new LeftoverStream(a, [ascii('left')]);
      const receiver = new RecordingReceiver();
      stream.attach(receiver);
      if (isPaused) stream.pause();
      b.abort();
      await receiver.untilCalled('closed');
      expect(receiver.calls).toEqual(isPaused ? ['closed'] : ['data', 'closed']);
      expect(receiver.errors).toMatchObject([{ code: 'RESET' }]);
    }
  });

  test('close(), abort() and shutdown("read") drop what is left over', async () => {
    const endings: ((stream: ByteStream) => unknown)[] = [
      (stream) => stream.close(),
      (stream) => {
        stream.abort();
      },
      (stream) => stream.shutdown('read'),
    ];
    for (const ending of endings) {
      const [a] = memoryPair();
      const stream = new LeftoverStream(a, [ascii('left')]);
      const receiver = new RecordingReceiver();
      stream.attach(receiver);
      ending(stream);
      await turns();
      await stream.close();
      await receiver.untilCalled('closed');
      expect(receiver.calls).toEqual(['closed']);
    }
  });

  test('a receiver that replaces another in the middle gets the rest', async () => {
    const [a, b] = memoryPair();
    const stream = new LeftoverStream(a, [ascii('1'), ascii('2')]);
    const first = new RecordingReceiver();
    const second = new RecordingReceiver();
    first.onData = () => {
      stream.attach(second);
    };
    stream.attach(first);
    await b.write('3');
    await b.shutdown('write');
    await second.untilCalled('end');
    expect([first.text, second.text]).toEqual(['1', '23']);
  });
});

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const letters = ['P', 'PP', 'PPP'].map(ascii);
const released = (stream: ByteStream): ByteStream => new StreamReader(stream).release();
const leftover = (stream: ByteStream): ByteStream => new WithoutFirst(6, new LeftoverStream(stream, letters));
const half = (stream: ByteStream): ByteStream => new ReadByHalves(new LeftoverStream(stream, []));

itKeepsTheContract('a released reader', overMemory(released));
itKeepsTheContract('a stream with bytes left over, in memory', overMemory(leftover));
itKeepsTheContract('a stream with bytes left over, over TCP', overTcp(leftover));
itKeepsTheContract('a reader made and released for each read', overMemory(half));

/** Takes the first bytes away, so that the contract sees what follows them, through whatever delivers them. */
class WithoutFirst extends ForwardingStream {
  #count: number;
  #isReading = false;

  constructor(count: number, inner: ByteStream) {
    super(inner);
    this.#count = count;
  }

  override async read(options?: Deadline): Promise<Uint8Array | undefined> {
    if (this.#isReading) throw new SocketUsageError('BUSY', 'a read is outstanding');
    this.#isReading = true;
    try {
      for (;;) {
        const chunk = await this.inner.read(options);
        if (chunk === undefined) return undefined;
        const rest = this.#strip(chunk);
        if (rest.length > 0) return rest;
      }
    } finally {
      this.#isReading = false;
    }
  }

  override attach(receiver: ByteReceiver): void {
    if (this.#isReading) throw new SocketUsageError('BUSY', 'a read is outstanding');
    this.inner.attach({
      data: (chunk) => {
        const rest = this.#strip(chunk);
        if (rest.length > 0) receiver.data(rest);
      },
      end: () => receiver.end(),
      closed: (error) => receiver.closed(error),
      drain: () => receiver.drain(),
    });
  }

  #strip(chunk: Uint8Array): Uint8Array {
    const stripped = Math.min(this.#count, chunk.length);
    this.#count -= stripped;
    return chunk.subarray(stripped);
  }
}

/** Answers half of what has come, where that is much, and puts the other half back. */
class ReadByHalves extends ForwardingStream {
  readonly #leftover: LeftoverStream;

  constructor(leftover: LeftoverStream) {
    super(leftover);
    this.#leftover = leftover;
  }

  override async read(options?: Deadline): Promise<Uint8Array | undefined> {
    const reader = new StreamReader(this.#leftover);
    const first = await reader.read(options);
    if (first === undefined || first.length < 1_000) return first;
    this.#leftover.unread(first);
    const half = await reader.readExactly(first.length >> 1);
    reader.release();
    return half;
  }
}
