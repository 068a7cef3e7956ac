import { setImmediate as turn } from 'node:timers/promises';
import { socketPair } from '@wirestack/socket';
import { describe, expect, test } from 'vitest';
import { delimiter, framed } from '../src/index.ts';
import { text, utf8 } from './bytes.ts';
import { kinds } from './streams.ts';

const comma = delimiter(',');

describe.each(kinds)('close, %s', (_, makePair) => {
  test('sends what is queued, waits for the peer’s end, drops what it still sends, and closes in order', async () => {
    const [a, b] = await makePair();
    const here = framed(a, comma);
    const peer = framed(b, comma);
    void here.send(utf8('last'));
    const closing = here.close();
    expect(text((await peer.receive())!)).toBe('last');
    expect(await peer.receive()).toBeUndefined();
    await peer.sendAll(Array.from({ length: 100 }, () => utf8('nobody reads this')));
    await peer.end();
    await closing;
    await a.closed;
    await b.closed;
    await expect(here.receive()).rejects.toMatchObject({ name: 'FramedError', code: 'CLOSED' });
  });

  test('of both ends at once comes to its end', async () => {
    const [a, b] = await makePair();
    await Promise.all([framed(a, comma).close(), framed(b, comma).close()]);
    await Promise.all([a.closed, b.closed]);
  });
});

describe('close', () => {
  test('gives the receive that is outstanding its message, answers requests, then drops', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma);
    const receiving = here.receive();
    const closing = here.close();
    await peer.write('for you,for nobody,');
    expect(text((await receiving)!)).toBe('for you');
    expect(text((await here.receive())!)).toBe('for nobody');
    await expect(here.receive()).rejects.toMatchObject({ code: 'CLOSED' });
    await peer.shutdown('write');
    await closing;

    const [c, other] = socketPair();
    const asker = framed(c, comma);
    const answers = ['a', 'b'].map((question) => asker.request(utf8(question)));
    const ending = asker.close();
    await other.write('A,');
    await turn();
    await other.write('B,C,');
    expect((await Promise.all(answers)).map(text)).toEqual(['A', 'B']);
    await other.shutdown('write');
    await ending;
  });

  test('ends the receive that is outstanding with the peer’s end', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma);
    const receiving = here.receive();
    const closing = here.close();
    await peer.shutdown('write');
    expect(await receiving).toBeUndefined();
    await closing;
  });

  test('goes on by itself where the receive that was outstanding is cancelled', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma);
    const cancel = new AbortController();
    const receiving = here.receive({ signal: cancel.signal });
    const closing = here.close();
    await turn();
    cancel.abort();
    await expect(receiving).rejects.toMatchObject({ code: 'ABORTED' });
    await peer.write('dropped,');
    await peer.shutdown('write');
    await closing;
    await a.closed;
  });

  test('reads no more than so much of what the peer still sends', async () => {
    const [a, peer] = socketPair({ highWaterBytes: 1000 });
    const flood = (async () => {
      for (;;) await peer.write(new Uint8Array(500));
    })();
    await framed(a, comma).close({ dropBytes: 10_000 });
    await a.closed;
    await expect(flood).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('aborts at the deadline: FramedError, and the stream is over', async () => {
    for (const [options, code] of [
      [{ timeoutMs: 1 }, 'TIMED_OUT'],
      [{ signal: AbortSignal.abort() }, 'ABORTED'],
    ] as const) {
      const [a, peer] = socketPair();
      const here = framed(a, comma);
      const receiving = here.receive();
      await expect(here.close(options)).rejects.toMatchObject({ name: 'FramedError', code });
      await expect(receiving).rejects.toMatchObject({ name: 'SocketError', code: 'ABORTED' });
      await expect(peer.closed).rejects.toMatchObject({ code: 'RESET' });
    }
  });

  test('rejects where the peer resets: what was sent may be lost', async () => {
    const [a, peer] = socketPair();
    const here = framed(a, comma);
    void here.send(utf8('lost'));
    const closing = here.close();
    await turn();
    peer.abort();
    await expect(closing).rejects.toMatchObject({ name: 'SocketError', code: 'RESET' });
  });

  test('of a stream that was closed or aborted here is no error, and a second close is the first', async () => {
    const [a] = socketPair();
    a.abort();
    await framed(a, comma).close();
    const [b, peer] = socketPair();
    const here = framed(b, comma);
    const closing = here.close();
    expect(here.close()).toBe(closing);
    await peer.close();
    await closing;
  });
});
