import { existsSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Address } from '../../../../src/address.ts';
import type { ByteStream } from '../../../../src/byte-stream.ts';

/** What the tests of threads and processes have their workers do. */
export default async function echo(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
}

/** Answers after the end: only half-close makes that possible. */
export async function countAtEnd(stream: ByteStream): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  await stream.write(String(bytes));
}

export async function tellAddresses(stream: ByteStream, clientAddress: Address): Promise<void> {
  await stream.write(JSON.stringify([clientAddress, stream.remoteAddress, stream.localAddress]));
}

/** Answers and is done, whatever else the client sends. */
export async function answerFirst(stream: ByteStream): Promise<void> {
  await stream.read();
  await stream.write(new Uint8Array(1_000_000));
}

export function takeOver(stream: ByteStream): undefined {
  stream.attach({
    data: (chunk) => void stream.write(chunk),
    end: () => void stream.close(),
    closed: () => undefined,
    drain: () => undefined,
  });
  return undefined;
}

/** Does what its client says, to itself or to its worker. */
export async function obey(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) {
    switch (Buffer.from(chunk).toString()) {
      case 'fail':
        throw new RangeError('the handler failed');
      case 'abort':
        stream.abort();
        return;
      case 'exit':
        process.exit(3);
      // eslint-disable-next-line no-fallthrough -- not reached
      case 'throw':
        setImmediate(() => {
          throw new Error('outside the handler');
        });
        break;
      case 'eat': {
        const eaten: unknown[] = [];
        for (;;) eaten.push(Array.from({ length: 100_000 }, () => ({})));
      }
      case 'hang':
        await stream.write('hanging');
        await new Promise(() => setInterval(() => undefined, 1_000_000));
        break;
      default:
        await stream.write(chunk);
    }
  }
}

/** Spins until two of them have come this far: only where they run at the same time does either end. */
export async function meet(stream: ByteStream): Promise<void> {
  const cells = new Int32Array(workerData as SharedArrayBuffer);
  Atomics.add(cells, 0, 1);
  while (Atomics.load(cells, 0) < 2);
  await stream.write('met');
}

/** The same between processes, which share files: `mine\ntheirs`. */
export async function meetInFiles(stream: ByteStream): Promise<void> {
  const [mine, theirs] = Buffer.from((await stream.read()) ?? [])
    .toString()
    .split('\n') as [string, string];
  writeFileSync(mine, '');
  while (!existsSync(theirs));
  await stream.write('met');
}

export async function tellPid(stream: ByteStream): Promise<void> {
  await stream.write(String(process.pid));
  await stream.read();
}

/** Writes a hundred chunks of 64 KiB, and counts those it got rid of. */
export async function pour(stream: ByteStream): Promise<void> {
  const cells = new Int32Array(workerData as SharedArrayBuffer);
  for (let count = 0; count < 100; count++) {
    await stream.write(new Uint8Array(65_536));
    Atomics.add(cells, 0, 1);
  }
}

/** Reads nothing until it is told to through shared memory. */
export async function readLater(stream: ByteStream): Promise<void> {
  const cells = new Int32Array(workerData as SharedArrayBuffer);
  while (Atomics.load(cells, 0) === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  await countAtEnd(stream);
}

/** One object a connection, in the manner of `socketserver`. */
export class Conversation {
  readonly #stream: ByteStream;
  readonly #said: string[] = [];

  constructor(request: ByteStream, clientAddress: unknown, server: { readonly address: unknown }) {
    this.#stream = request;
    this.#said.push(JSON.stringify([clientAddress, server]));
  }

  setup(): void {
    this.#said.push('setup');
  }

  handle(): Promise<void> {
    this.#said.push('handle');
    return Promise.resolve();
  }

  async finish(): Promise<void> {
    await this.#stream.write([...this.#said, 'finish'].join('\n'));
  }
}

export const notAHandler = 5;
