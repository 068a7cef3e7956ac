import type { ByteStream } from '../byte-stream.ts';

/** The loop over a stream: its reads until the end. Leaving it early leaves the stream open. */
export async function* chunksOf(
  stream: Pick<ByteStream, 'read'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) return;
    yield chunk;
  }
}
