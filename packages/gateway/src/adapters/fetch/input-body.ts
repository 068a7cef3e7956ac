import type { InputStream } from '../../input-stream.ts';

/**
 * `wsgi.input` as a stream of the web. Nothing is read ahead: a client that waits for `100 Continue` gets it when somebody reads, and feels back-pressure where nobody does.
 * Cancelled, it reads no more; the server drops what is left.
 */
export function inputBody(input: InputStream): ReadableStream<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
