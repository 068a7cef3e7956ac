import { encodeAll } from '@wirestack/framing';
import { connect, socketPair } from '@wirestack/socket';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jsonRpc, method, Peer, serveRpc, service, type PeerOptions } from '../src/index.ts';
import { answer, notification, request } from './raw-end.ts';

const framings = ['length-prefix', 'newline', 'content-length'] as const;
type Framing = (typeof framings)[number];

const limit = { maxBytes: 1000 };
/** Where these stand, no message can begin. */
const garbage: Readonly<Record<Framing, Uint8Array>> = {
  'length-prefix': Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  newline: Buffer.alloc(1002, 'x'),
  'content-length': Buffer.from('Content-Length: -5\r\n\r\n'),
};

function framed(framing: Framing, ...messages: readonly object[]): Uint8Array {
  const { framing: codec } = jsonRpc({ framing, ...limit });
  return encodeAll(
    codec,
    messages.map((one) => Buffer.from(JSON.stringify(one))),
  );
}

/** A peer, and the other end as bytes: what comes from the peer is taken apart as it comes. */
function facing(
  framing: Framing,
  options: PeerOptions,
): { peer: Peer; send(...parts: Uint8Array[]): void; end(): void; got: unknown[]; over: Promise<void> } {
  const [left, right] = socketPair();
  const peer = new Peer(right, jsonRpc({ framing, ...limit }), options);
  const decoder = jsonRpc({ framing }).framing.decoder();
  const got: unknown[] = [];
  const over = (async () => {
    for await (const chunk of left) {
      decoder.push(chunk);
      for (let frame; (frame = decoder.next()) !== undefined;)
        got.push(JSON.parse(Buffer.from(frame).toString()));
    }
  })();
  return {
    peer,
    send: (...parts) => void left.write(Buffer.concat(parts)).catch(() => undefined),
    end: () => void left.shutdown('write').catch(() => undefined),
    got,
    over,
  };
}

function gate(): { opened: Promise<string>; open: (text: string) => void } {
  let open!: (text: string) => void;
  const opened = new Promise<string>((resolve) => (open = resolve));
  return { opened, open };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const parseError = { id: null, error: { code: -32700 } };

describe.each(framings)('bytes that are no message, over %s', (framing) => {
  it('are answered behind the calls before them that still run, and end the connection', async () => {
    const { opened, open } = gate();
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const api = service({
      slow: () => opened,
      now: (n: number) => n,
      mark: (value: unknown) => void seen.push(value),
    });
    const { peer, send, got, over } = facing(framing, {
      service: api,
      onError: (error) => errors.push(error),
    });
    send(
      framed(
        framing,
        request(1, 'slow'),
        [request(2, 'now', 2), request(3, 'slow')],
        notification('mark', 'before'),
      ),
      garbage[framing],
      framed(framing, notification('mark', 'behind'), request(4, 'now', 4)),
    );
    await turn();
    send(framed(framing, request(5, 'now', 5)));
    await turn();
    expect(got).toEqual([]);
    expect([peer.inFlight, errors.length]).toEqual([2, 1]);
    open('done');
    await over;
    await peer.closed;
    expect(got).toMatchObject([answer(1, 'done'), [answer(2, 2), answer(3, 'done')], parseError]);
    expect(got).toHaveLength(3);
    expect(seen).toEqual(['before']);
    expect(errors).toMatchObject([
      { name: 'RpcError', code: framing === 'content-length' ? 'PROTOCOL' : 'TOO_LARGE' },
    ]);
  });

  it('leave those before them that are held to be run and answered', async () => {
    const gates = [gate(), gate(), gate()];
    const api = service({ slow: (n: number) => gates[n]?.opened });
    const { peer, send, got, over } = facing(framing, { service: api, maxInFlight: 1 });
    // A call of ours that waits: so theirs are read on, and held.
    const ours = expect(peer.call('f', [])).rejects.toMatchObject({ name: 'RpcError' });
    send(
      framed(framing, request(1, 'slow', 0), request(2, 'slow', 1), [request(3, 'slow', 2)]),
      garbage[framing],
    );
    await ours;
    expect(peer.inFlight).toBe(1);
    for (const [i, { open }] of gates.entries()) open(String(i));
    await over;
    expect(got.slice(1)).toMatchObject([answer(1, '0'), answer(2, '1'), [answer(3, '2')], parseError]);
  });

  it('reject what waits here at once, and all that is called from then on', async () => {
    const { opened, open } = gate();
    const { peer, send, over } = facing(framing, { service: service({ slow: () => opened }) });
    const code = framing === 'content-length' ? 'PROTOCOL' : 'TOO_LARGE';
    const ours = expect(peer.call('f', [])).rejects.toMatchObject({ code });
    send(framed(framing, request(1, 'slow')), garbage[framing]);
    await ours;
    expect([peer.inFlight, peer.pending]).toEqual([1, 0]);
    await expect(peer.call('f', [])).rejects.toMatchObject({ code });
    await expect(peer.notify('f', [])).rejects.toMatchObject({ code });
    await expect(peer.batch([{ method: 'f', params: [] }])[0]).rejects.toMatchObject({ code });
    open('done');
    await over;
    await peer.closed;
  });

  it('cut short by the end of the stream keep no call before them from its answer', async () => {
    const { opened, open } = gate();
    const errors: unknown[] = [];
    const { peer, send, end, got, over } = facing(framing, {
      service: service({ slow: () => opened }),
      onError: (error) => errors.push(error),
    });
    const whole = framed(framing, request(1, 'slow'), request(2, 'slow'));
    const half =
      framing === 'content-length'
        ? Buffer.from('Content-Length: 5\r\n\r\nab')
        : Uint8Array.of(0, 0, 0, 9, 1);
    send(whole, half);
    end();
    await turn();
    expect(peer.inFlight).toBe(2);
    open('done');
    await over;
    await peer.closed;
    const answers = [answer(1, 'done'), answer(2, 'done')];
    // A line without its end is a message, if one that makes no sense.
    expect(got).toEqual(
      framing === 'newline' ? [expect.objectContaining({ id: null }), ...answers] : answers,
    );
    if (framing !== 'newline') expect(errors).toMatchObject([{ code: 'PROTOCOL' }]);
  });
});

describe('the wait for the answers', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('has an end: then the signals of those that run are aborted, and the connection is closed', async () => {
    vi.useFakeTimers();
    const reasons: unknown[] = [];
    const api = service({
      never: method([], (context) => {
        context.signal.addEventListener('abort', () => reasons.push(context.signal.reason));
        return new Promise(() => undefined);
      }),
    });
    const { peer, send, got, over } = facing('newline', { service: api });
    send(framed('newline', request(1, 'never')), garbage.newline);
    await vi.advanceTimersByTimeAsync(4999);
    expect([got, reasons, peer.inFlight]).toEqual([[], [], 1]);
    await vi.advanceTimersByTimeAsync(1);
    await over;
    await peer.closed;
    expect(got).toMatchObject([parseError]);
    expect(reasons).toMatchObject([{ code: 'TOO_LARGE' }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with close() and its deadline, and with abort()', async () => {
    vi.useFakeTimers();
    for (const how of ['close', 'abort'] as const) {
      const { peer, send, over } = facing('newline', {
        service: service({ never: () => new Promise(() => undefined) }),
      });
      over.catch(() => undefined);
      send(framed('newline', request(1, 'never')), garbage.newline);
      await vi.advanceTimersByTimeAsync(10);
      if (how === 'abort') peer.abort();
      else {
        const closed = expect(peer.close({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
        await vi.advanceTimersByTimeAsync(100);
        await closed;
      }
      await peer.closed;
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('is none where the one who is told of them aborts', async () => {
    vi.useFakeTimers();
    const { peer, send, over } = facing('newline', {
      service: service({ never: () => new Promise(() => undefined) }),
      onError: () => {
        peer.abort();
      },
    });
    over.catch(() => undefined);
    send(framed('newline', request(1, 'never')), garbage.newline);
    await peer.closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is none where nothing runs', async () => {
    vi.useFakeTimers();
    const { peer, send, got, over } = facing('newline', {});
    send(garbage.newline);
    await over;
    await peer.closed;
    expect(got).toMatchObject([parseError]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is for a client that reads, too: none of many long answers is lost', async () => {
    const api = service({ long: async (i: number) => Promise.resolve([i, 'x'.repeat(50_000)]) });
    const [left, right] = socketPair();
    const codec = { framing: 'newline', maxBytes: 100_000 } as const;
    const peer = new Peer(right, jsonRpc(codec), { service: api, maxInFlight: 4 });
    const requests = Array.from({ length: 50 }, (_, i) => `${JSON.stringify(request(i, 'long', i))}\n`);
    void left.write(`${requests.join('')}${'x'.repeat(100_002)}`);
    await turn();
    await turn();
    let text = '';
    for await (const chunk of left) text += Buffer.from(chunk).toString();
    await peer.closed;
    const ids = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { id: unknown }).id);
    expect(ids.slice(0, -1).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(ids.at(-1)).toBeNull();
  });

  it('keeps no answer from a client that goes on sending, over TCP', async () => {
    const { opened, open } = gate();
    let begun!: () => void;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const api = service({ slow: () => (begun(), opened) });
    await using server = await serveRpc('tcp://127.0.0.1:0', api, {
      codec: jsonRpc({ framing: 'newline', ...limit }),
    });
    const client = await connect(server.address);
    await client.write(Buffer.concat([framed('newline', request(1, 'slow')), garbage.newline]));
    await running;
    for (let i = 0; i < 64; i++) await client.write(Buffer.alloc(65_536, 'x'));
    open('done');
    let text = '';
    for await (const chunk of client) text += Buffer.from(chunk).toString();
    expect(text.split('\n')[0]).toBe(JSON.stringify(answer(1, 'done')));
    expect(text).toContain('-32700');
    await client.close();
    await server.drain();
  });
});
