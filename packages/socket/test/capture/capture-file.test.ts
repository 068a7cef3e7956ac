import { open, readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { socketPair, SocketUsageError } from '@wirestack/socket';
import { CaptureFile, type CaptureSink } from '@wirestack/socket/capture';
import { disposed, scratchPath } from '../scratch.ts';
import {
  blocksOf,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  optionsOf,
  packetsOf,
  sectionHeader,
} from './pcapng-reader.ts';

/** Keeps what is written; each write waits until it is let go, unless `isOpen`. */
class GatedSink implements CaptureSink {
  readonly writes: Uint8Array[] = [];
  isOpen: boolean;
  #go: (() => void) | undefined;

  constructor(isOpen = true) {
    this.isOpen = isOpen;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.writes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes.slice());
    if (!this.isOpen) await new Promise<void>((resolve) => (this.#go = resolve));
  }

  letGo(): void {
    this.isOpen = true;
    this.#go?.();
  }
}

const packet = Uint8Array.of(0x45, 1, 2, 3, 4);
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);
const number = (value: Uint8Array | undefined): bigint =>
  new DataView(value!.buffer, value!.byteOffset).getBigUint64(0, true);

describe('CaptureFile', () => {
  test('writes a head, packets and what it has seen, and leaves the sink open', async () => {
    const path = scratchPath('x.pcapng');
    const handle = disposed(await open(path, 'w'));
    const file = new CaptureFile(handle, { comment: 'a test', interfaceName: 'wire' });
    file.packet(packet, 5, 'first');
    file.packet(packet);
    await file.close();
    await handle.write('still open');
    const bytes = (await readFile(path)).subarray(0, -10);
    const blocks = blocksOf(bytes);
    expect(blocks.map(({ type }) => type)).toEqual([
      sectionHeader,
      interfaceDescription,
      enhancedPacket,
      enhancedPacket,
      interfaceStatistics,
    ]);
    const [section, description, , , statistics] = blocks.map(({ body }) => body);
    expect(text(optionsOf(section!, 16).get(1))).toBe('a test');
    expect(text(optionsOf(section!, 16).get(4))).toBe('@wirestack/socket');
    expect(text(optionsOf(description!, 8).get(2))).toBe('wire');
    expect(packetsOf(bytes).map(({ data, options }) => [[...data], text(options.get(1))])).toEqual([
      [[...packet], 'first'],
      [[...packet], ''],
    ]);
    expect([4, 5].map((code) => number(optionsOf(statistics!, 12).get(code)))).toEqual([2n, 0n]);
  });

  test('tells times since 1970 by its clock, to the nanosecond', async () => {
    const sink = new GatedSink();
    const clock = { now: () => 2.000_001, timeOrigin: 1_700_000_000_000.5 };
    const file = new CaptureFile(sink, { clock });
    file.packet(packet, 0);
    file.packet(packet, 1234.567_891);
    file.packet(packet);
    await file.flush();
    expect(packetsOf(sink.bytes).map(({ time }) => time)).toEqual([
      1_700_000_000_000_500_000n,
      1_700_000_001_235_067_891n,
      1_700_000_000_002_500_001n,
    ]);
  });

  test('the time of today is that of today', async () => {
    const sink = new GatedSink();
    const file = new CaptureFile(sink);
    const before = BigInt(Math.floor(performance.timeOrigin + performance.now())) * 1_000_000n;
    file.packet(packet);
    await file.flush();
    const [first] = packetsOf(sink.bytes);
    expect(first!.time).toBeGreaterThanOrEqual(before - 1_000_000n);
    expect(first!.time).toBeLessThan(before + 60_000_000_000n);
  });

  test('copies a packet: its memory is the caller’s again at once', async () => {
    const sink = new GatedSink();
    const file = new CaptureFile(sink);
    const mine = packet.slice();
    file.packet(mine);
    mine.fill(0);
    await file.flush();
    expect(packetsOf(sink.bytes)[0]?.data).toEqual(packet);
  });

  test('writes in one call what came in one go', async () => {
    const sink = new GatedSink();
    const file = new CaptureFile(sink);
    for (let count = 0; count < 100; count++) file.packet(packet);
    await file.flush();
    expect(sink.writes).toHaveLength(1);
    expect(packetsOf(sink.bytes)).toHaveLength(100);
  });

  test('a slow sink costs packets and no memory, and the file says so', async () => {
    const sink = new GatedSink(false);
    const file = new CaptureFile(sink, { maxQueuedBytes: 10_000 });
    const large = new Uint8Array(1000);
    for (let count = 0; count < 50; count++) {
      file.packet(large);
      expect(file.queuedBytes).toBeLessThanOrEqual(10_000);
    }
    const kept = 50 - file.dropped;
    expect(kept).toBe(9);
    sink.letGo();
    await file.flush();
    expect(file.queuedBytes).toBe(0);
    file.packet(packet);
    file.packet(packet);
    await file.close();
    const packets = packetsOf(sink.bytes);
    expect(packets).toHaveLength(kept + 2);
    const lost = packets.map(({ options }) => options.get(4)).map((value) => (value ? number(value) : 0n));
    expect(lost.slice(-3)).toEqual([0n, 41n, 0n]);
    const statistics = blocksOf(sink.bytes).at(-1)!;
    expect([4, 5].map((code) => number(optionsOf(statistics.body, 12).get(code)))).toEqual([52n, 41n]);
  });

  test('never writes before the last write is done, nor more than a mebibyte at once where blocks are smaller', async () => {
    let isBusy = false;
    const sizes: number[] = [];
    const sink: CaptureSink = {
      write: async (bytes) => {
        expect(isBusy).toBe(false);
        isBusy = true;
        await new Promise(setImmediate);
        sizes.push(bytes.length);
        isBusy = false;
      },
    };
    const file = new CaptureFile(sink);
    for (let count = 0; count < 100; count++) file.packet(new Uint8Array(60_000));
    await file.close();
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(file.dropped).toBe(0);
  });

  test('writes again what a file handle has not taken', async () => {
    const taken: Uint8Array[] = [];
    const sink: CaptureSink = {
      write: (bytes) => {
        taken.push(bytes.slice(0, 7));
        return Promise.resolve({ bytesWritten: Math.min(7, bytes.length), buffer: bytes });
      },
    };
    const file = new CaptureFile(sink);
    file.packet(packet);
    await file.close();
    expect(packetsOf(Buffer.concat(taken))[0]?.data).toEqual(packet);
  });

  test.each<[string, CaptureSink, string]>([
    ['rejects', { write: () => Promise.reject(new Error('no space')) }, 'no space'],
    ['rejects with no error', { write: vi.fn<CaptureSink['write']>().mockRejectedValue('odd') }, 'odd'],
    ['takes nothing', { write: () => Promise.resolve({ bytesWritten: 0 }) }, 'takes no bytes'],
    [
      'throws',
      {
        write: () => {
          throw new Error('thrown');
        },
      },
      'thrown',
    ],
  ])('a sink that %s ends the capture and nothing else', async (_, sink, message) => {
    const file = new CaptureFile(sink);
    file.packet(packet);
    await expect(file.flush()).rejects.toThrow(message);
    expect(file.error?.message).toContain(message);
    file.packet(packet);
    expect(file.dropped).toBe(1);
    expect(file.queuedBytes).toBe(0);
    await expect(file.close()).rejects.toThrow(message);
    await expect(file.close()).rejects.toThrow(message);
  });

  test('a failure that nobody waits for is harmless', async () => {
    const file = new CaptureFile({ write: () => Promise.reject(new Error('no space')) });
    file.packet(packet);
    // An unhandled rejection would end this process.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(file.error?.message).toBe('no space');
  });

  test('takes nothing more once it is closed', async () => {
    const sink = new GatedSink();
    const file = new CaptureFile(sink);
    await file.close();
    const { length } = sink.bytes;
    file.packet(packet);
    await file.flush();
    await file[Symbol.asyncDispose]();
    expect(sink.bytes).toHaveLength(length);
  });

  test('goes into a stream as well', async () => {
    const [a, b] = socketPair();
    const file = new CaptureFile(a);
    file.packet(packet);
    await file.close();
    await a.close();
    const chunks: Uint8Array[] = [];
    for await (const chunk of b) chunks.push(chunk);
    expect(packetsOf(Buffer.concat(chunks))[0]?.data).toEqual(packet);
  });

  test.each([0, -1, Number.NaN])('maxQueuedBytes %s is refused', (maxQueuedBytes) => {
    expect(() => new CaptureFile(new GatedSink(), { maxQueuedBytes })).toThrow(SocketUsageError);
  });
});
