import {
  crc32c,
  FramingUsageError,
  QueueDecoder,
  type ByteSink,
  type Codec,
} from '@wirestack/framing/codecs';

/** What a sensor measured. */
export interface Reading {
  /** 0 to 255. */
  readonly sensor: number;
  /** May share memory with the chunk it came in. */
  readonly values: Uint8Array;
}

const mark = 0x5a;
const headerBytes = 4;
const sumBytes = 4;

class ReadingDecoder extends QueueDecoder<Reading> {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  protected parse(): Reading | undefined {
    const { queue } = this;
    if (queue.length > 0 && queue.at(0) !== mark) this.fail('MALFORMED', 'a reading begins with 5a');
    if (queue.length < headerBytes) return undefined;
    const size = queue.at(2) * 256 + queue.at(3);
    // Before any of it is waited for: the header's word costs a peer nothing.
    if (size > this.#maxBytes) this.fail('TOO_LARGE', `a reading of ${String(size)} bytes`);
    if (queue.length < headerBytes + size + sumBytes) return undefined;
    const summed = queue.take(headerBytes + size);
    const { buffer, byteOffset } = queue.take(sumBytes);
    const sum = new DataView(buffer, byteOffset).getUint32(0);
    if (sum !== crc32c(summed)) this.fail('MALFORMED', 'a reading with another checksum');
    return { sensor: summed[1] as number, values: summed.subarray(headerBytes) };
  }
}

function encode({ sensor, values }: Reading, into: ByteSink, maxBytes: number): void {
  if (values.length > maxBytes) {
    throw new FramingUsageError(`${String(values.length)} bytes of values, the limit is ${String(maxBytes)}`);
  }
  const frame = into.reserve(headerBytes + values.length + sumBytes);
  frame.set([mark, sensor, values.length >>> 8, values.length & 255]);
  frame.set(values, headerBytes);
  const sum = crc32c(frame.subarray(0, -sumBytes));
  new DataView(frame.buffer, frame.byteOffset).setUint32(frame.length - sumBytes, sum);
}

/** @param maxBytes the most bytes of values. Default 1,024: four times what a sensor sends. */
export function readings(maxBytes = 1024): Codec<Reading> {
  return {
    name: 'readings',
    decoder: () => new ReadingDecoder(maxBytes),
    encoder: () => ({
      encode: (reading, into) => {
        encode(reading, into, maxBytes);
      },
    }),
  };
}
