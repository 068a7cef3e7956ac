import { describe, expect, test } from 'vitest';
import { connect, listen, socketPair, type ByteStream, type ListenOptions } from '@wirestack/socket';
import { disposed, scratchPath } from '../scratch.ts';
import { pem } from '../tls/certificates.ts';

/** More than lies between two ends that do not read. */
const large = new Uint8Array(24_000_000);

const transports: Readonly<Record<string, () => Promise<readonly [ByteStream, ByteStream]>>> = {
  TCP: () => pair('tcp://127.0.0.1:0'),
  'a Unix socket': () => pair(scratchPath()),
  TLS: () => pair('tcp://127.0.0.1:0', { tls: pem.server }),
  memory: () => Promise.resolve(socketPair()),
};

/** Where bytes that nobody reads any more were left to block the peer, both would wait for ever. */
describe.each(Object.entries(transports))('close() over %s', (_transport, open) => {
  test.each([0, 1])(
    'of end %i ends where the peer echoes what it flushes, and nobody reads the echo',
    async (closer) => {
      const ends = await open();
      const [a, b] = [ends[closer]!, ends[1 - closer]!];
      a.attach(deaf);
      a.pause();
      const echoed = echo(b);
      void a.write(large);
      await a.close();
      await a.closed;
      await echoed;
    },
  );

  test('ends on both sides where both have much to flush', async () => {
    const ends = await open();
    for (const end of ends) void end.write(large);
    await Promise.all(ends.map((end) => end.close()));
  });
});

const deaf = { data: () => undefined, end: () => undefined, closed: () => undefined, drain: () => undefined };

/** Until the other end has gone, which may be while an answer is on its way to it. */
async function echo(stream: ByteStream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.write(chunk);
  } catch (error) {
    expect(error).toMatchObject({ name: 'SocketError' });
  }
  stream.abort();
}

async function pair(address: string, options?: ListenOptions): Promise<readonly [ByteStream, ByteStream]> {
  const listener = disposed(await listen(address, options));
  const tls = options === undefined ? false : { ca: pem.authority, servername: 'localhost' };
  return Promise.all([connect(listener.address, { tls }), listener.accept()]);
}
