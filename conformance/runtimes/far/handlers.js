// @ts-check
/** What the servers have their threads and processes do. */

/** @typedef {import('@wirestack/socket').ByteStream} ByteStream */

/** @param {ByteStream} stream */
export default async function echo(stream) {
  for await (const chunk of stream) await stream.write(chunk);
}

/**
 * Answers after the end: only half-close makes that possible.
 * @param {ByteStream} stream
 */
export async function countAtEnd(stream) {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  await stream.write(String(bytes));
}

/**
 * Does what its client says, to itself or to its worker.
 * @param {ByteStream} stream
 */
export async function obey(stream) {
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    switch (decoder.decode(chunk)) {
      case 'fail':
        throw new RangeError('the handler failed');
      case 'exit':
        process.exit(3);
      // eslint-disable-next-line no-fallthrough -- not reached
      case 'hang':
        await stream.write('hanging');
        await new Promise(() => setInterval(() => undefined, 1_000_000));
        break;
      default:
        await stream.write(chunk);
    }
  }
}
