import assert from 'node:assert/strict';
import {
  contractCase,
  outcomeOf,
  readAll,
  readBytes,
  readText,
  readUntilOver,
  textOf,
  turns,
  type ContractCase,
} from './contract-case.ts';

/** `write()`, back-pressure, corking. */
export const writingCases: readonly ContractCase[] = [
  contractCase('without back-pressure write() answers one shared, already resolved promise', async (a, b) => {
    const first = a.write('a');
    const second = a.write(new Uint8Array([0x62]));
    const third = a.write('c', { timeoutMs: 60_000 });
    assert.equal(first, second);
    assert.equal(first, third);
    assert.equal(a.needsDrain, false);
    const outcome = outcomeOf(first);
    await Promise.resolve();
    assert.equal(outcome.state, 'resolved');
    assert.equal(await readText(b, 3), 'abc');
  }),

  contractCase(
    'a peer that never reads blocks the writer in the end, and reading frees it',
    async (a, b, beyond) => {
      const chunk = new Uint8Array(1024 * 1024);
      let blocked: Promise<void> | undefined;
      let accepted = 0;
      while (blocked === undefined) {
        const written = a.write(chunk);
        const outcome = outcomeOf(written);
        await turns();
        if (outcome.state === 'pending') blocked = written;
        else accepted += chunk.length;
        assert.ok(accepted <= beyond.length, `${String(accepted)} bytes are buffered for an idle peer`);
      }
      assert.equal(a.needsDrain, true);
      const total = accepted + chunk.length;
      assert.equal((await readBytes(b, total)).length, total);
      await blocked;
      assert.equal(a.needsDrain, false);
    },
  ),

  contractCase('writes that nobody awaits meet back-pressure within bounds too', async (a, _b, beyond) => {
    const chunk = new Uint8Array(4096);
    let accepted = 0;
    while (!a.needsDrain) {
      void a.write(chunk);
      accepted += chunk.length;
      assert.ok(accepted <= beyond.length, `${String(accepted)} bytes without back-pressure`);
    }
    await Promise.resolve();
  }),

  contractCase('a blocked write resolves once the peer reads', async (a, b, beyond) => {
    const written = a.write(beyond);
    assert.equal(a.needsDrain, true);
    await readBytes(b, beyond.length);
    await written;
    assert.equal(a.needsDrain, false);
  }),

  contractCase('a blocked write rejects when the peer aborts', async (a, b, beyond) => {
    const written = a.write(beyond);
    b.abort();
    await assert.rejects(written, { name: 'SocketError' });
  }),

  contractCase('a blocked write rejects when the peer closes', async (a, b, beyond) => {
    const written = a.write(beyond);
    await b.close();
    await assert.rejects(written, { name: 'SocketError' });
  }),

  contractCase('a blocked write rejects when its own stream is aborted', async (a, _b, beyond) => {
    const written = a.write(beyond);
    const reason = new Error('enough');
    a.abort(reason);
    await assert.rejects(written, { name: 'SocketError', code: 'ABORTED', cause: reason });
  }),

  contractCase(
    'a write waiting behind shutdown("write") resolves when everything has left',
    async (a, b, beyond) => {
      const written = a.write(beyond);
      const shut = a.shutdown('write');
      assert.equal((await readAll(b)).length, beyond.length);
      await Promise.all([written, shut]);
    },
  ),

  contractCase('writing to a peer that has gone rejects in the end, and never hangs', async (a, b) => {
    await b.close();
    for (;;) {
      try {
        await a.write('anybody there?');
      } catch (error) {
        assert.equal((error as Error).name, 'SocketError');
        break;
      }
      await turns(1);
    }
  }),

  contractCase('a blocked write whose signal fires aborts the stream', async (a, b, beyond) => {
    const controller = new AbortController();
    const reason = new Error('waited long enough');
    const written = a.write(beyond, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(written, { name: 'SocketError', code: 'ABORTED', cause: reason });
    await assert.rejects(a.closed, { name: 'SocketError', code: 'ABORTED' });
    await assert.rejects(a.write('more'), { name: 'SocketError', code: 'ABORTED' });
    await assert.rejects(a.read(), { name: 'SocketError', code: 'ABORTED' });
    await readUntilOver(b);
  }),

  contractCase('a blocked write whose time is over aborts the stream', async (a, b, beyond) => {
    await assert.rejects(a.write(beyond, { timeoutMs: 1 }), {
      name: 'SocketError',
      code: 'TIMED_OUT',
    });
    await assert.rejects(a.closed, { name: 'SocketError', code: 'ABORTED' });
    await readUntilOver(b);
  }),

  contractCase('a rejected write that nobody awaits is harmless', async (a, b, beyond) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on('unhandledRejection', onUnhandled);
    try {
      const { signal } = new AbortController();
      void a.write(beyond, { signal });
      void a.write('behind it');
      b.abort();
      await readUntilOver(a);
      a.abort();
      void a.write('too late');
      void a.write('too late', { timeoutMs: 5 });
      void b.write('too late');
      await turns();
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
    assert.deepEqual(unhandled, []);
  }),

  contractCase(
    'cork() holds writes back until the matching uncork(), nests and keeps the order',
    async (a, b) => {
      await a.write('1');
      assert.equal(await readText(b, 1), '1');
      const next = b.read();
      const outcome = outcomeOf(next);
      a.cork();
      void a.write('2');
      a.cork();
      void a.write('3');
      a.uncork();
      void a.write('4');
      await turns();
      assert.equal(outcome.state, 'pending', 'nothing leaves before the last uncork()');
      a.uncork();
      const first = textOf((await next) ?? new Uint8Array());
      await a.write('5');
      assert.equal(first + (await readText(b, 4 - first.length)), '2345');
      a.uncork();
      await a.write('6');
      assert.equal(await readText(b, 1), '6', 'an uncork() too many is harmless');
    },
  ),

  contractCase('corked bytes leave with shutdown("write")', async (a, b) => {
    a.cork();
    a.cork();
    void a.write('held');
    await a.shutdown('write');
    assert.equal(textOf(await readAll(b)), 'held');
  }),

  contractCase('corked writes to a peer that has shut down reading do not hang', async (a, b, beyond) => {
    await b.shutdown('read');
    a.cork();
    const written = a.write(beyond);
    a.uncork();
    await written;
  }),

  contractCase('strings are sent as utf8, or as latin1 where asked', async (a, b) => {
    const text = 'h\u00e9 \u20ac \u{1f600}';
    await a.write(text);
    await a.write(text, { encoding: 'utf8' });
    await a.write('h\u00e9 \u00ff', { encoding: 'latin1' });
    await a.write('\u{1f600}', { encoding: 'latin1' });
    await a.shutdown('write');
    const utf8 = [0x68, 0xc3, 0xa9, 0x20, 0xe2, 0x82, 0xac, 0x20, 0xf0, 0x9f, 0x98, 0x80];
    const latin1 = [0x68, 0xe9, 0x20, 0xff, 0x3d, 0x00];
    assert.deepEqual([...(await readAll(b))], [...utf8, ...utf8, ...latin1]);
  }),

  contractCase('empty writes are harmless and never look like the end', async (a, b) => {
    await a.write('');
    await a.write(new Uint8Array());
    await a.write('a');
    a.cork();
    void a.write('');
    a.uncork();
    await a.write('', { encoding: 'latin1' });
    await a.write('b');
    await a.shutdown('write');
    for await (const chunk of b) assert.ok(chunk.length > 0, 'a chunk has bytes');
    assert.equal(await b.read(), undefined);
  }),

  contractCase('after shutdown("write") a write rejects CLOSED', async (a, b) => {
    await a.shutdown('write');
    await assert.rejects(a.write('more'), { name: 'SocketError', code: 'CLOSED' });
    await a.shutdown('write');
    assert.equal(await b.read(), undefined);
  }),
];
